// The description and the answers say the same.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
#include <set>

#include "cluster/control/routes.hpp"
#include "tests/unit/cluster/control/fake_target.hpp"

namespace dnstorm::cluster {
namespace {

using Json = nlohmann::json;

class OpenApiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    book_.add({fake_wall, "a", "live-1-1700000000", "info", "begun"});
    target_.book = book_;
    control_.take(fake_news(100), fake_start + 100 * ns_per_s);
    control_.take(fake_news(200, 1, "b"), fake_start + 180 * ns_per_s);
    description_ = YAML::Load(ask("GET", "/openapi.yaml").body);
  }
  ApiAnswer ask(const std::string& method, const std::string& path, std::string body = "") {
    ApiRequest request;
    request.method = method;
    request.path = path;
    request.body = std::move(body);
    request.loopback = request.deliberate = true;
    return control_.answer(request);
  }

  YAML::Node resolved(YAML::Node schema) const {
    if (!schema["$ref"]) return schema;
    const auto ref = schema["$ref"].as<std::string>();
    return description_["components"]["schemas"][ref.substr(ref.rfind('/') + 1)];
  }
  // Every key that `json` has is described, with its type.
  void check(const Json& json, YAML::Node unresolved, const std::string& where) const {
    const YAML::Node schema = resolved(unresolved);
    ASSERT_TRUE(schema.IsMap()) << where << " is not described";
    if (!schema["type"]) return;  // anything
    const auto type = schema["type"].as<std::string>();
    if (json.is_null()) {
      EXPECT_TRUE(schema["nullable"] && schema["nullable"].as<bool>()) << where << " is null";
    } else if (type == "object") {
      check_object(json, schema, where);
    } else if (type == "array") {
      ASSERT_TRUE(json.is_array()) << where;
      for (const Json& item : json) check(item, schema["items"], where + "[]");
    } else {
      EXPECT_TRUE(type == "string"    ? json.is_string()
                  : type == "integer" ? json.is_number_integer()
                  : type == "number"  ? json.is_number()
                                      : type == "boolean" && json.is_boolean())
          << where << " is no " << type << ": " << json;
    }
  }
  void check_object(const Json& json, const YAML::Node& schema, const std::string& where) const {
    ASSERT_TRUE(json.is_object()) << where << ": " << json;
    const YAML::Node others = schema["additionalProperties"];
    for (const auto& [key, value] : json.items()) {
      const YAML::Node properties = schema["properties"];
      if (const YAML::Node property = properties ? properties[key] : properties; property) {
        check(value, property, where + "." + key);
      } else {
        ASSERT_TRUE(others) << where << "." << key << " is not described";
        if (others.IsMap()) check(value, others, where + ".*");
      }
    }
  }
  static std::string filled(std::string path) {
    const std::pair<const char*, const char*> parts[] = {{"{id}", "live"},
                                                         {"{component}", "names"},
                                                         {"{wait}", "3"},
                                                         {"{node}", "a"},
                                                         {"{owner}", "any"}};
    for (const auto& [name, value] : parts)
      if (std::size_t at = path.find(name); at != std::string::npos)
        path.replace(at, std::string(name).size(), value);
    return path;
  }

  LogBook book_;
  FakeTarget target_;
  Control control_{{"0.1.0", {}, {{"node_timeout", "3s"}}}, target_};
  YAML::Node description_;
};

TEST_F(OpenApiTest, EveryRouteIsDescribedAndEveryDescriptionHasItsRoute) {
  std::set<std::string> described, known;
  for (const auto& path : description_["paths"])
    for (const auto& method : path.second)
      described.insert(method.first.as<std::string>() + " " + path.first.as<std::string>());
  for (const auto& def : routes())
    known.insert((def.method == "GET" ? "get " : "post ") + std::string(def.path));
  EXPECT_EQ(described, known);
}

TEST_F(OpenApiTest, EveryAnswerIsAsItIsDescribed) {
  const std::string submission = R"({"submission":{"name":"new","text":"name: new"}})";
  for (const auto& def : routes()) {
    if (def.route == Route::openapi) continue;
    const std::string path = filled(std::string(def.path));
    SCOPED_TRACE(path);
    const bool submit = def.route == Route::submit;
    const ApiAnswer answer = ask(std::string(def.method), path, submit ? submission : "");
    ASSERT_EQ(answer.status, 200U) << answer.body;
    EXPECT_EQ(answer.type, "application/json");
    const YAML::Node content =
        description_["paths"][std::string(def.path)][def.method == "GET" ? "get" : "post"]
                    ["responses"]["200"]["content"]["application/json"]["schema"];
    check(Json::parse(answer.body), content, path);
  }
}

TEST_F(OpenApiTest, SpoutsHaveAPageOfTheirOwnKind) {
  const ApiAnswer answer = ask("GET", "/topology/live/component/dns");
  ASSERT_EQ(answer.status, 200U);
  check(Json::parse(answer.body), description_["components"]["schemas"]["ComponentPage"], "dns");
  EXPECT_TRUE(Json::parse(answer.body).contains("spoutSummary"));
}

TEST_F(OpenApiTest, AWorkersErrorIsAsItIsDescribed) {
  target_.state.topologies[0].workers[0].error = "out: disk full";
  for (const char* path : {"/topology/live", "/topology/live/component/names"}) {
    const ApiAnswer answer = ask("GET", path);
    EXPECT_NE(answer.body.find("disk full"), std::string::npos);
    const bool page = std::string(path) == "/topology/live";
    check(Json::parse(answer.body),
          description_["components"]["schemas"][page ? "TopologyPage" : "ComponentPage"], path);
  }
}

TEST_F(OpenApiTest, ErrorsAreAsTheyAreDescribed) {
  const YAML::Node error = description_["components"]["schemas"]["Error"];
  for (const char* path : {"/nothing", "/topology/other", "/topology/live?x", "/logs/x"}) {
    const ApiAnswer answer = ask("GET", path);
    EXPECT_EQ(answer.status, 404U);
    check(Json::parse(answer.body), error, path);
  }
  target_.state.leads = false;
  const ApiAnswer answer = ask("GET", "/topology/summary");
  EXPECT_EQ(answer.status, 503U);
  check(Json::parse(answer.body), error, "not leading");
}

// Every property is of some use: a description of what is never told is wrong, too.
TEST_F(OpenApiTest, WhatIsDescribedOfPagesIsTold) {
  const std::pair<const char*, const char*> pages[] = {{"/topology/live", "TopologyPage"},
                                                       {"/cluster/summary", "ClusterSummary"}};
  for (const auto& [path, name] : pages) {
    const Json json = Json::parse(ask("GET", path).body);
    for (const auto& property : description_["components"]["schemas"][name]["properties"])
      EXPECT_TRUE(json.contains(property.first.as<std::string>())) << property.first;
  }
}

}  // namespace
}  // namespace dnstorm::cluster
