// A topology's record with something in every field, for tests of stores.
#pragma once

#include <string>

#include "cluster/model/record.hpp"

namespace dnstorm::cluster {

inline TopologyRecord make_record(const std::string& id, std::size_t text_size = 20) {
  TopologyRecord record;
  record.id = id;
  record.submission.name = "dns \xc3\xa9";
  record.submission.file = "configs/x.yaml";
  record.submission.text = "name: x\n# '\"\\\n" + std::string(text_size, 'x');
  record.submission.files = {{"a.yaml", "b"}};
  record.submission.properties = {{"k", "v"}};
  record.submission.set = {"a.b=c"};
  record.submitted = 1'700'000'000'123'456'789;
  record.wanted = Wanted::killed;
  record.kill_at = 5;
  record.executors = {{"decode", 3}};
  record.assignment = {7, {{{"capture", 2}}, {{"decode", 3}}}, {"n1", "n2"}, {{"", {"n1"}}}};
  record.checkpoint = UINT64_MAX;
  record.checkpoint_assignment = {6, {}, {"n2"}, {{"capture", {"n2", "n1"}}}};
  return record;
}

inline StoredState make_state() {
  StoredState state;
  state.serial = 12;
  state.members_version = 34;
  state.members = {"n1", "n2"};
  state.drained = {"n2"};
  return state;
}

}  // namespace dnstorm::cluster
