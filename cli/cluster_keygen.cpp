// dnstorm keygen: keys of coordinators and nodes.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/app.hpp"
#include "cluster/wire/key_folder.hpp"

namespace dnstorm::cli {

namespace {

struct KeygenArgs {
  std::string keys;
  std::vector<std::string> names;
  bool force = false;
};

Result<void> write(const KeygenArgs& args) {
  DNSTORM_CHECK(cluster::write_keys(args.keys, args.names, args.force));
  for (const std::string& name : args.names)
    fmt::print("{0}/{1}.key (secret: for {1} alone), {0}/{1}.pub (for all)\n", args.keys, name);
  return {};
}

}  // namespace

void add_keygen_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<KeygenArgs>();
  CLI::App* command =
      app.add_subcommand("keygen", "Make the keys of a cluster's coordinators and nodes");
  command->add_option("names", args->names, "Names of coordinators and nodes")
      ->required()
      ->type_name("NAME");
  command->add_option("--keys", args->keys, "The folder to write NAME.key and NAME.pub to")
      ->required()
      ->type_name("DIR");
  command->add_flag("--force", args->force, "Replace keys that are there already");
  command->footer(
      "A machine needs its own NAME.key and NAME.pub of all that it talks to: coordinators and\n"
      "nodes. Who has no NAME.pub there cannot take part.\n"
      "Examples:\n"
      "  dnstorm keygen --keys keys coordinator fra1 ams1\n"
      "  scp keys/fra1.key keys/*.pub fra1:/etc/dnstorm/keys/");
  command->callback([args, &chosen] {
    chosen = [args] {
      Result<void> done = write(*args);
      return done.ok() ? 0 : fail(done.error());
    };
  });
}

}  // namespace dnstorm::cli
