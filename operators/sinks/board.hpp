// The `board` sink: publishes one frame (engine/api/feed.hpp) to the live page per closed window.
// What a row is called: the text of its keys; of a `top`, which has a rank as key, its item. What
// it shows: its numbers. Several inputs make a panel each.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef board_operator();

}  // namespace dnstorm::operators
