// The files below a folder, as a data lake has them: any depth, in the order of their paths.
//
// Names that begin with a dot or end in .tmp or .part are unfinished or hidden, and left out, and
// so is what is no regular file. A link to a file counts as the file; links to folders are not
// followed, because they may lead round.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.hpp"

namespace dnstorm::capture::file {

struct Tree {
  std::vector<std::string> files;
  std::vector<Error> unreadable;  // folders that cannot be listed
};

// `pattern` is a glob(7) for the name or, if it has a slash, for the path below the folder, where *
// goes no further than a slash; empty: all. Errors: no_input, permission (the folder itself).
Result<Tree> list_tree(const std::string& folder, const std::string& pattern);

bool is_folder(const std::string& path);

}  // namespace dnstorm::capture::file
