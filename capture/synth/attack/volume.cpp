// More of the same: the ordinary questions, several times as many.
#include "capture/synth/answers.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

class Volume final : public Attack {
 public:
  explicit Volume(const Cast& cast)
      : cast_(cast),
        options_(with_seed(cast.options, cast.random.next())),
        questions_(options_, cast.names),
        answers_(options_) {}
  Target target() const override { return {"total", ""}; }
  // In multiples of the ordinary rate.
  double rate(double of_kind) const override { return of_kind * options_.rate; }

  void step(TimeNs now, Stage& stage) override {
    Random& random = stage.random();
    IpAddress client = cast_.clients.address(cast_.clients.pick(random));
    Ask ask = stage.question(client, ".", 1);
    do {
      questions_.make(random, ask.query);
    } while (ask.query.opcode != dns::opcode::query);
    ask.query.client_subnet = ask.query.cookie = false;
    stage.ask(now, ask);
    Outcome outcome = answers_.decide(ask.query, random);
    Response response = answers_.write(ask.query, outcome, random);
    stage.answer_with(now + stage.delay(), ask, response, now);
  }

 private:
  // Names that are asked once are others than those of the ordinary questions.
  static Options with_seed(Options options, std::uint64_t seed) {
    options.seed = seed;
    options.attacks.clear();
    return options;
  }
  Cast cast_;
  Options options_;
  QuestionMaker questions_;
  AnswerWriter answers_;
};

}  // namespace

std::unique_ptr<Attack> make_volume(const Cast& cast) { return std::make_unique<Volume>(cast); }

}  // namespace dnstorm::capture::synth::attack
