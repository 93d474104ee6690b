#include "cli/dsc_import.hpp"

#include <gmock/gmock.h>

namespace dnstorm::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

DscImport import_of(const std::string& text, bool exact = false) {
  auto made = import_dsc(text, "dsc.conf", exact);
  EXPECT_TRUE(made.ok()) << made.error().what;
  return made.ok() ? *made : DscImport{};
}

const std::string dataset = "dataset qtype dns All:null Qtype:qtype queries-only;\n";

TEST(DscImport, TakesTheSourceAndTheOutput) {
  DscImport made = import_of(
      "# a comment\n\nbpf_program \"udp port 53\";\ninterface eth0;\ninterface eth1;\n"
      "pcap_buffer_size 4194304;\ndns_port 5353;\ndrop_ip_fragments;\n"
      "run_dir \"/var/lib/dsc\";\noutput_format XML;\noutput_format JSON;\n"
      "statistics_interval 30;\ndump_reports_on_exit;\n" +
      dataset);
  EXPECT_THAT(made.notes, IsEmpty());
  for (const char* part :
       {"className: pcap", "interface: [\"eth0\", \"eth1\"]", "filter: \"udp port 53\"",
        "buffer: 4194304", "ports: [5353]", "fragments: false", "folder: \"/var/lib/dsc\"",
        "formats: [\"xml\", \"json\"]", "interval: 30s", "- \"qtype\"\n", "streamId: drops"})
    EXPECT_THAT(made.topology, HasSubstr(part));
  EXPECT_THAT(made.topology, Not(HasSubstr("match")));
  EXPECT_THAT(made.topology, Not(HasSubstr("compat")));
}

TEST(DscImport, TakesDatasetsAndWhatTheyNeed) {
  DscImport made = import_of(
      "interface ./a.pcap;\n"
      "local_address 192.0.2.53;\nlocal_address 192.0.2.77 255.255.255.0;\n"
      "local_address 2001:db8::53 32;\n"
      "qname_filter WWW-Only ^www\\. ;\n"
      "dataset mine dns All:null   Q:qtype queries-only,WWW-Only max-cells=5;\n"
      "dataset response_time dns All:null ResponseTime:response_time any;\n"
      "client_v4_mask 255.255.0.0;\nclient_v6_mask ffff:ffff::;\n"
      "knowntlds_file /t;\ntld_list /l;\nmaxminddb_country /c;\nmaxminddb_asn /a;\n"
      "response_time_mode log2;\nresponse_time_max_seconds 3;\nresponse_time_max_queries 500;\n"
      "response_time_max_sec_mode timed_out;\nresponse_time_bucket_size 10;\n",
      true);
  EXPECT_THAT(made.notes, IsEmpty());
  for (const char* part :
       {"file: [\"./a.pcap\"]",
        "local_address: [\"192.0.2.53/32\", \"192.0.2.0/24\", \"2001:db8::/32\"]",
        "qname_filters: [\"WWW-Only ^www\\\\.\"]",
        "- \"mine dns All:null Q:qtype queries-only,WWW-Only max-cells=5\"\n",
        "- \"response_time\"\n", "client_mask_v4: 16", "client_mask_v6: 32", "known_tlds: \"/t\"",
        "tld_list: \"/l\"", "country_database: \"/c\"", "asn_database: \"/a\"",
        "response_time_mode: \"log2\"", "response_time_max: 3s", "response_time_max_queries: 500",
        "response_time_max_mode: \"timed_out\"", "compat: exact", "interface: \"./a.pcap\""})
    EXPECT_THAT(made.topology, HasSubstr(part));
}

TEST(DscImport, TellsWhatHasNoCounterpart) {
  DscImport made = import_of("minfree_bytes 5000000;\ninterface eth0;\nmatch_vlan 100 200;\n" +
                             dataset + "pid_file /run/dsc.pid;\nno_wait_interval;\n");
  EXPECT_THAT(made.notes, ElementsAre(HasSubstr("dsc.conf:1: minfree_bytes: "),
                                      HasSubstr("dsc.conf:3: match_vlan: "),
                                      HasSubstr("dsc.conf:5: pid_file: "),
                                      HasSubstr("dsc.conf:6: no_wait_interval: ")));
}

TEST(DscImport, TakesDnstap) {
  DscImport made = import_of("dnstap_unixsock /run/dnstap.sock;\n" + dataset);
  EXPECT_THAT(made.topology, HasSubstr("className: dnstap\n    properties:\n"
                                       "      socket: \"/run/dnstap.sock\""));
  EXPECT_THAT(made.topology, Not(HasSubstr("drops")));
  EXPECT_THAT(import_of("dnstap_tcp 127.0.0.1 5353;\n" + dataset).topology,
              HasSubstr("listen: \"127.0.0.1:5353\""));
}

TEST(DscImport, RefusesWhatDscRefuses) {
  auto error = [](const std::string& text) {
    auto made = import_dsc(text, "dsc.conf", false);
    return made.ok() ? "" : made.error().what;
  };
  EXPECT_EQ(error("interface eth0\n"), "dsc.conf:1: a directive ends with ';' in the same line");
  EXPECT_EQ(error("\ninterfaces eth0;\n"), "dsc.conf:2: DSC has no directive 'interfaces'");
  EXPECT_EQ(error("interface;\n"), "dsc.conf:1: 'interface' lacks a value");
  EXPECT_THAT(error("interface eth0;\ndataset q dns A:null B:qtip any;\n"),
              HasSubstr("dsc.conf:2: dataset 'q dns A:null B:qtip any': there is no indexer"));
  EXPECT_THAT(error("interface eth0;\n" + dataset + dataset),
              HasSubstr("another one of that name"));
  EXPECT_THAT(error(dataset), HasSubstr("names no interface"));
  EXPECT_THAT(error("interface eth0;\n"), HasSubstr("names no dataset"));
  EXPECT_THAT(error("client_v4_mask 255.0.255.0;\n"), HasSubstr("is no mask of a prefix"));
  EXPECT_THAT(error("local_address here;\n"), HasSubstr("'here' is no address"));
}

}  // namespace
}  // namespace dnstorm::cli
