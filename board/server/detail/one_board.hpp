// The one board of a run.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "board/server/server.hpp"

namespace dnstorm::board::detail {

class OneBoard final : public Boards {
 public:
  OneBoard(Live& live, std::function<Honesty()> honesty, std::function<std::string()> topology)
      : live_(std::shared_ptr<void>{}, &live),
        honesty_(std::move(honesty)),
        topology_(std::move(topology)) {}

  std::shared_ptr<Live> find(const std::string&) override { return live_; }
  std::string topology_json(const std::string&) override { return topology_ ? topology_() : ""; }
  void tick(Moment now) override { live_->tick(now, honesty_ ? honesty_() : Honesty{}); }

 private:
  std::shared_ptr<Live> live_;  // of somebody else
  std::function<Honesty()> honesty_;
  std::function<std::string()> topology_;
};

}  // namespace dnstorm::board::detail
