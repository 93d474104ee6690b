// The dnstorm command: the list of its verbs. Each verb is a file of ../cli.
#include <cstdlib>

#include "cli/app.hpp"

int main(int argc, char** argv) { return dnstorm::cli::run_app(argc, argv); }
