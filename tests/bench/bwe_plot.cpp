#include "bwe_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace weir::bench {
namespace {

constexpr double kWidth = 900;
constexpr double kLeft = 60;
constexpr double kRight = 20;
constexpr double kRateTop = 40;
constexpr double kRateHeight = 230;
constexpr double kQueueTop = 300;
constexpr double kQueueHeight = 90;

/// A column of a series (bwe_case.h), how it is drawn, and its name.
struct Curve {
  std::size_t column;
  const char* style;
  const char* colour;
  const char* name;
};
constexpr std::array<Curve, 4> kCurves = {{{1, "stroke-width:1.5", "#999999", "capacity"},
                                           {2, "stroke-width:0.7", "#88bbee", "sent"},
                                           {3, "stroke-width:1", "#2266bb", "arrived"},
                                           {4, "stroke-width:1.5", "#cc5500", "target"}}};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::string text(double x, double y, const std::string& words, const char* more = "") {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" " + more + ">" + words + "</text>\n";
}

/// A round number that is at least `value`.
double ceiling(double value) {
  const double power = std::pow(10, std::floor(std::log10(std::max(value, 1.0))));
  for (const double step : {1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0}) {
    if (step * power >= value) return step * power;
  }
  return 10 * power;
}

/// One of the two diagrams.
class Panel {
 public:
  Panel(const Series& series, double top, double height, double most)
      : series_(series), top_(top), height_(height), most_(most), end_(series.rows.back()[0]) {}

  double x(double at) const { return kLeft + at / end_ * (kWidth - kLeft - kRight); }
  double y(double value) const { return top_ + height_ * (1 - std::min(value, most_) / most_); }

  std::string frame(const char* unit) const {
    std::string out;
    for (int i = 0; i <= 4; ++i) {
      const double value = most_ * i / 4;
      out += "<path class=\"g\" d=\"M" + number(kLeft) + " " + number(y(value)) + "H" +
             number(kWidth - kRight) + "\"/>\n";
      out += text(kLeft - 6, y(value) + 4, number(value), "text-anchor=\"end\"");
    }
    return out + text(8, top_ - 8, unit);
  }
  std::string curve(const Curve& how) const {
    std::string out =
        "<path fill=\"none\" stroke=\"" + std::string{how.colour} + "\" style=\"" + how.style + "\" d=\"";
    char command = 'M';
    for (const auto& row : series_.rows) {
      out += command + number(x(row[0])) + " " + number(y(row[how.column]));
      command = 'L';
    }
    return out + "\"/>\n";
  }

 private:
  const Series& series_;
  double top_;
  double height_;
  double most_;
  double end_;
};

}  // namespace

std::string plot(const Result& result, const Series& series) {
  if (series.rows.size() < 2) return {};
  double rate = 0;
  double queue = 0;
  for (const auto& row : series.rows) {
    rate = std::max({rate, row[2], row[3]});
    queue = std::max(queue, row[5]);
  }
  for (const auto& row : series.rows) rate = std::max(rate, std::min(row[1], 2 * rate));
  const Panel rates{series, kRateTop, kRateHeight, ceiling(rate)};
  const Panel waits{series, kQueueTop, kQueueHeight, ceiling(std::max(queue, 50.0))};

  std::string out =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 430\" font-family=\"sans-serif\" "
      "font-size=\"12\">\n<style>.g{stroke:#ddd;stroke-width:.5}</style>\n"
      "<rect width=\"900\" height=\"430\" fill=\"#fff\"/>\n";
  out += text(kLeft, 18, result.name, "font-size=\"14\" font-weight=\"bold\"");
  out += rates.frame("kbit/s") + waits.frame("queue (ms)");
  double x = 420;
  for (const Curve& curve : kCurves) {
    out += rates.curve(curve);
    out += text(x, 18, curve.name, ("fill=\"" + std::string{curve.colour} + "\"").c_str());
    x += 90;
  }
  out += waits.curve({5, "stroke-width:1", "#aa2222", "queue"});
  const double end = series.rows.back()[0];
  for (double at = 0; at <= end; at += 20)
    out += text(rates.x(at), kQueueTop + kQueueHeight + 18, number(at) + " s", "text-anchor=\"middle\"");
  return out + "</svg>\n";
}

}  // namespace weir::bench
