// What the helper threads of this layer have in common.
#pragma once

namespace sipvoice::device {

/// First of all on each: signals belong to the loop. SIGXFSZ (a file at its size limit) would end
/// the process: blocked, the write just fails with EFBIG.
void block_signals();

}  // namespace sipvoice::device
