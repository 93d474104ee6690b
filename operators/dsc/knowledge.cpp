#include "operators/dsc/knowledge.hpp"

#include <algorithm>
#include <utility>

#include "operators/enrich/geo_database.hpp"
#include "operators/shape/registered_domain.hpp"

namespace dnstorm::operators {

Result<DscKnowledge> read_dsc_knowledge(const Options& options, const DscSettings& settings) {
  DscKnowledge knowledge;
  auto read_list = [&](const char* option) -> Result<std::shared_ptr<const DscTldList>> {
    const std::string& path = options.text(option);
    if (path.empty()) return std::shared_ptr<const DscTldList>();
    return std::shared_ptr<const DscTldList>(
        std::make_shared<DscTldList>(DNSTORM_TRY(DscTldList::read(path))));
  };
  knowledge.tlds = DNSTORM_TRY(read_list("tld_list"));
  knowledge.known_tlds = DNSTORM_TRY(read_list("known_tlds"));
  // Reading the list takes some milliseconds: only for whoever asks it.
  bool classified = std::any_of(
      settings.datasets.begin(), settings.datasets.end(),
      [](const DscDataset& dataset) { return dataset.uses(DscIndexer::query_classification); });
  if (!knowledge.known_tlds && classified)
    knowledge.suffixes = std::make_shared<RegisteredDomain>();
  for (auto [option, base] : {std::pair{"country_database", &knowledge.countries},
                              std::pair{"asn_database", &knowledge.networks}}) {
    if (options.text(option).empty()) continue;
    *base = std::make_shared<GeoDatabase>();
    DNSTORM_CHECK((*base)->open({options.text(option)}));
  }
  return knowledge;
}

}  // namespace dnstorm::operators
