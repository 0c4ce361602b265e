#include "load/workers.h"

#include <memory>
#include <utility>

namespace weir::load {
namespace {

struct Job {
  uv_work_t request{};
  std::function<void()> work;
  std::function<void()> done;
};

}  // namespace

void run_on_worker(uv_loop_t& loop, std::function<void()> work, std::function<void()> done) {
  auto job = std::make_unique<Job>();
  job->work = std::move(work);
  job->done = std::move(done);
  job->request.data = job.get();
  const int code = uv_queue_work(
      &loop, &job->request, [](uv_work_t* request) { static_cast<Job*>(request->data)->work(); },
      [](uv_work_t* request, int) {
        const std::unique_ptr<Job> finished{static_cast<Job*>(request->data)};
        finished->done();
      });
  if (code == 0) job.release();  // NOLINT(bugprone-unused-return-value): the loop has it now
}

}  // namespace weir::load
