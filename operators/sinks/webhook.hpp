// The `webhook` sink: rows as JSON, POSTed to a URL: for events, one a request, or some at a time.
// Rows are handed to a RowSender (row_sender.hpp) when their window is closed; it sends from a
// thread of its own, retries, and keeps to a rate.
#pragma once

#include <functional>
#include <memory>

#include "engine/api/registry.hpp"
#include "operators/note.hpp"
#include "operators/sinks/http_client.hpp"
#include "operators/sinks/row_sender.hpp"

namespace dnstorm::operators {

OperatorDef webhook_operator();

// The same over another transport and with other pauses: for tests.
struct WebhookSurroundings {
  std::function<std::unique_ptr<HttpTransport>()> make_transport;
  std::function<std::unique_ptr<Pause>()> make_pause;
  Note note;
};
OperatorDef webhook_operator(WebhookSurroundings surroundings);

// What an answer to a POST means. Pure.
RowReceiver::Answer judge_webhook(const HttpAnswer& answer);

}  // namespace dnstorm::operators
