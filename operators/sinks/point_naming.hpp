// Other names for the same numbers, for boards that expect them:
//
//   dsc    as dsc-datatool writes DSC's files to InfluxDB: of the stream `arrays` of `dsc`
//            qtype,server=ns1,node=a,qtype=28 value=12 1700000000000000000
//   wide   the values of one key as fields, a point for all of them instead of one each
//            qtypes,rcode=NOERROR A=40i,AAAA=12i 1700000000000000000
//
// A sink asks named_point_reads() in declare(); PointCollector makes the readers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "operators/sinks/point.hpp"

namespace dnstorm::operators {

// Turns the rows of one input into points. Stays where it is: points hold views into it.
class RowReader {
 public:
  virtual ~RowReader() = default;
  virtual Point read(const RowView& row) = 0;
};

std::unique_ptr<RowReader> make_point_reader(const Input& input, const PointOptions& options);

// The options `naming` and `wide`, and what they say.
std::vector<OptionSpec> naming_specs();
void read_naming(const Options& options, PointOptions& into);

// By name, so that the order does not depend on which came first.
void sort_fields(std::vector<Point>& points);

// As point_reads(), by the naming that the options choose.
Result<std::vector<std::vector<std::string>>> named_point_reads(
    const Options& options, const std::vector<InputDecl>& inputs, bool bounded);

}  // namespace dnstorm::operators
