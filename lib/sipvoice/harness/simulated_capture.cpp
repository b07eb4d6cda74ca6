#include "sipvoice/harness/simulated_capture.hpp"

#include <vector>

#include "sipvoice/io/pcap_record.hpp"

namespace sipvoice::harness {

simulated_capture::simulated_capture(sim::world& w, const std::string& file, wall_time epoch)
    : out_(file, std::ios::binary), epoch_(epoch) {
  const auto header = io::pcap_file_header();
  out_.write(reinterpret_cast<const char*>(header.data()), header.size());
  w.on_passing([this](const sim::passing& p) { write(p); });
}

void simulated_capture::write(const sim::passing& p) {
  if (p.stream || written_ > most_bytes) return;
  std::vector<std::uint8_t> record(p.bytes.size() + io::max_pcap_overhead);
  const std::size_t length = io::make_pcap_record(record, p.from, p.to, as_bytes(p.bytes),
                                                  epoch_ + p.at.time_since_epoch());
  out_.write(reinterpret_cast<const char*>(record.data()), static_cast<std::streamsize>(length));
  written_ += length;
}

}  // namespace sipvoice::harness
