// A task of `pcap` on files, and a folder to put them into.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "capture/pcap/writer.hpp"
#include "operators/spouts/packet_schema.hpp"
#include "operators/spouts/pcap_spout.hpp"
#include "tests/unit/operators/task_harness.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::operators::testing {

// Runs the spout on files until its end, without an engine.
class SpoutTask final : public Emitter::Outlet {
 public:
  explicit SpoutTask(const TextOptions& options)
      : def_(pcap_operator()),
        emitter_({std::make_shared<const Schema>(packet_fields()), nullptr}, *this),
        spout_(def_.make_spout(Options::parse(def_.options, raw_options(options)).value())) {
    context_.outputs = {std::make_shared<const Schema>(packet_fields()), nullptr};
    context_.clock = &clock_;
    context_.counters = &counters_;
  }
  void deliver(std::size_t, BatchPtr batch, SelectionPtr) override {
    PacketFields fields(batch->schema());
    for (RowView row : Rows(*batch)) {
      times.push_back(row.get(fields.time));
      links.push_back(row.get(fields.link));
    }
  }
  // Until the end, from a saved state on if there is one.
  Result<void> run(const std::string& saved = {}) {
    for (;;) {
      auto next = step(saved);
      if (!next.ok()) return next.error();
      if (*next == Spout::Next::end) return {};
    }
  }
  // One call of next().
  Result<Spout::Next> step(const std::string& saved = {}) {
    if (!std::exchange(open_, true)) {
      context_.resuming = !saved.empty();
      DNSTORM_CHECK(spout_->open(context_));
      StateReader in(saved);
      if (!saved.empty()) DNSTORM_CHECK(spout_->restore(in));
    }
    auto next = spout_->next(emitter_);
    emitter_.flush();
    watermarks.push_back(spout_->watermark());
    return next;
  }
  std::string save() {
    StateWriter out;
    EXPECT_TRUE(spout_->save(out).ok());
    return out.take();
  }
  std::uint64_t counter(std::string_view name) const {
    for (const NamedValue& value : counters_.values())
      if (value.name == name) return value.value;
    return 0;
  }
  std::vector<TimeNs> times, watermarks;
  std::vector<std::uint16_t> links;

 private:
  bool open_ = false;
  OperatorDef def_;
  Emitter emitter_;
  StillClock clock_;
  CounterSet counters_;
  TaskContext context_;
  std::unique_ptr<Spout> spout_;
};

// Captures in a folder of the test's own.
class CaptureFolder : public ::testing::Test {
 protected:
  // A capture with frames of 60 bytes at these times, in milliseconds.
  std::string capture(const std::string& name, const std::vector<int>& times_ms) {
    std::string path = folder_ / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    auto writer = capture::pcap::Writer::open(path).value();
    std::vector<std::uint8_t> frame(60, 0);
    for (int time : times_ms) EXPECT_TRUE(writer->write(time * ns_per_ms, frame).ok());
    EXPECT_TRUE(writer->close().ok());
    return path;
  }
  dnstorm::testing::TemporaryFolder temporary_;
  std::filesystem::path folder_ = temporary_.path();
};

}  // namespace dnstorm::operators::testing
