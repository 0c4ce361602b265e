#include "srtp/ipsec_mb_backend.h"

#include <utility>

#include "srtp/ipsec_mb.h"
#include "srtp/ipsec_mb_cm.h"
#include "srtp/ipsec_mb_gcm.h"
#include "srtp/profile.h"

namespace weir::srtp {
namespace {

class IpsecMbBackend final : public Backend {
 public:
  explicit IpsecMbBackend(std::unique_ptr<MultiBuffer> machine)
      : machine_(std::move(machine)), bursts_(*machine_) {}

  BackendKind kind() const override { return BackendKind::ipsec_mb; }

  Result<std::unique_ptr<Session>> open(const dtls::SrtpKeys& keys) override {
    const auto profile = profile_of(keys.profile);
    if (!profile) return Error{WEIR_ERR_UNSUPPORTED, "no SRTP profile was negotiated"};
    if (keys.send.size() != profile->material_size() || keys.receive.size() != profile->material_size()) {
      return Error{WEIR_ERR_INVALID, "SRTP keys of the wrong length"};
    }
    if (profile->aead)
      return std::unique_ptr<Session>{std::make_unique<GcmSession>(*machine_, *profile, keys)};
    return std::unique_ptr<Session>{std::make_unique<CmSession>(bursts_, *machine_, *profile, keys)};
  }

  void protect(std::span<Outgoing> burst) override {
    for (Outgoing& packet : burst) {
      if (static_cast<const IpsecMbSession&>(*packet.session).aead()) {
        static_cast<GcmSession&>(*packet.session).protect(packet);
      } else {
        bursts_.protection.add(packet);
      }
    }
    bursts_.protection.run();
  }

  void unprotect(std::span<Incoming> burst) override {
    for (Incoming& packet : burst) {
      if (static_cast<const IpsecMbSession&>(*packet.session).aead()) {
        packet.result = packet.rtcp ? packet.session->unprotect_rtcp(packet.packet)
                                    : packet.session->unprotect_rtp(packet.packet);
      } else {
        bursts_.unprotection.add(packet);
      }
    }
    bursts_.unprotection.run();
  }

 private:
  std::unique_ptr<MultiBuffer> machine_;
  CmBursts bursts_;
};

}  // namespace

bool ipsec_mb_available() {
  return MultiBuffer::usable(imb_get_feature_flags());
}

std::unique_ptr<Backend> make_ipsec_mb_backend() {
  std::unique_ptr<MultiBuffer> machine = MultiBuffer::make();
  if (!machine) return nullptr;
  return std::make_unique<IpsecMbBackend>(std::move(machine));
}

}  // namespace weir::srtp
