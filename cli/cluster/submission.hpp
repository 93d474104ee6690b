// A topology file as a submission, and a submission as a plan: the same one on every node, whatever
// lies on its disk and stands in its environment. Pure but for reading the file and loading
// plug-ins.
//
// A submission carries the topology file, what it includes, and the values of its variables, those
// of the environment too. It does not carry files that operators read (lists of names, GeoIP) and
// the shared libraries of plug-ins: they must be on the nodes, at the paths that the topology
// names.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cluster/model/shape.hpp"
#include "engine/plan/plan.hpp"
#include "engine/topology/topology.hpp"

namespace dnstorm::cli {

struct SubmissionOptions {
  std::string filter;            // properties file for ${key}; empty: none
  std::vector<std::string> set;  // component.property=value
  std::map<std::string, std::string>
      environment;  // of ${ENV-NAME}: those that are used are carried
};

// Reads what there is to carry. Errors: the file, or one that it includes, cannot be read, or is no
// topology at all; whether it is a good one is for plan_of().
Result<cluster::Submission> make_submission(const std::string& path,
                                            const SubmissionOptions& options);

// What stands for ${...} in it, and what it includes: it must outlive that.
topology::Variables variables_of(const cluster::Submission& submission);
topology::OpenFile files_of(const cluster::Submission& submission);

// Error: all problems in one text, a line each: "file:line:column: ...". `registry` has the
// operators of the program, gets those of plug-ins and must outlive the plan.
Result<plan::Plan> plan_of(const cluster::Submission& submission,
                           const cluster::PlanChoices& choices, OperatorRegistry& registry);

}  // namespace dnstorm::cli
