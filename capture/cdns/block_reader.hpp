// The grammar of C-DNS (RFC 8618 appendix A) over CBOR: the preamble, then block after block.
// Fields that are not known are skipped. Faults stick in the CborReader.
#pragma once

#include <vector>

#include "capture/cdns/block.hpp"
#include "capture/cdns/cbor.hpp"

namespace dnstorm::capture::cdns {

// What the tables and items of one block may take in memory.
inline constexpr std::size_t block_bytes_max = 64u << 20;
inline constexpr std::size_t parameter_sets_max = 64;
inline constexpr std::size_t parameter_list_max = 65536;  // as many types as there are

// Up to the first block; afterwards `blocks` is the array of blocks.
void read_preamble(CborReader& in, std::vector<BlockParameters>& out,
                   CborReader::Container& blocks);
// Replaces what `out` held.
void read_block(CborReader& in, Block& out);

}  // namespace dnstorm::capture::cdns
