// One function object out of several: a function for each alternative of a std::variant.
//
//   std::visit(Overloaded{[](const A& a) { ... }, [](const B& b) { ... }}, value);
#pragma once

namespace dnstorm {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace dnstorm
