// Files in MaxMind's format for tests, made by Debian's libmaxmind-db-writer-perl.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace dnstorm::operators::testing {

// Arguments: FILE CITY|ASN COUNTRY.
inline constexpr const char* mmdb_script = R"perl(
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;

my ($file, $kind, $country) = @ARGV;
my %types = (
    country => 'map', registered_country => 'map', iso_code => 'utf8_string', city => 'map',
    names => 'map', en => 'utf8_string', autonomous_system_number => 'uint32',
    autonomous_system_organization => 'utf8_string',
);
my $tree = MaxMind::DB::Writer::Tree->new(
    ip_version => 6, record_size => 24, database_type => "Test-$kind", languages => ['en'],
    description => { en => 'made by a test of dnstorm' }, alias_ipv6_to_ipv4 => 0,
    remove_reserved_networks => 0, map_key_type_callback => sub { $types{ $_[0] } },
);
if ($kind eq 'CITY') {
    $tree->insert_network('192.0.2.0/24',
        { country => { iso_code => $country }, city => { names => { en => 'Santiago' } } });
    $tree->insert_network('2001:db8::/32', { registered_country => { iso_code => 'NL' } });
} else {
    $tree->insert_network('192.0.2.0/25',
        { autonomous_system_number => 64500, autonomous_system_organization => 'Example' });
    $tree->insert_network('20.0.0.0/8', { autonomous_system_number => 64501 });
}
open my $out, '>:raw', $file or die "$file: $!";
$tree->write_tree($out);
)perl";

inline bool can_write_mmdb() {
  return std::system("perl -MMaxMind::DB::Writer::Tree -e 1 2>/dev/null") == 0;
}

// Whole at once, as update programs do it.
inline bool write_mmdb(const std::string& folder, const std::string& path, const std::string& kind,
                       const std::string& country) {
  std::string script = folder + "/write_mmdb.pl";
  std::ofstream(script) << mmdb_script;
  if (std::system(("perl " + script + " " + path + ".new " + kind + " " + country).c_str()) != 0)
    return false;
  std::filesystem::rename(path + ".new", path);
  return true;
}

}  // namespace dnstorm::operators::testing
