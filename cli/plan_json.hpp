// A plan as JSON: `dnstorm explain --json`, and what the board draws of a file before it is
// submitted. The contract of the JSON is in board/README.md.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "engine/base/http_api.hpp"
#include "engine/plan/plan.hpp"

namespace dnstorm::cli {

nlohmann::ordered_json plan_json(const plan::Plan& plan);

// POST .../explain with the text of a topology: {"plan":plan} or {"problems":[{"line","column",
// "what"},...]}. Nothing is run and nothing is opened: a text that includes files or names plug-ins
// is refused, and ${...} has no values.
ApiAnswer explain_answer(const ApiRequest& request);

}  // namespace dnstorm::cli
