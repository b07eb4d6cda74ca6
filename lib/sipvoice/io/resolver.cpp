#include "sipvoice/io/resolver.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

namespace sipvoice::io {
namespace {

using boost::asio::ip::udp;

ip_address to_address(const boost::asio::ip::address& a) {
  if (a.is_v4()) return ip_address::v4(a.to_v4().to_uint());
  return ip_address::v6(a.to_v6().to_bytes());
}

std::vector<socket_address> collect(const udp::resolver::results_type& found, std::uint16_t port) {
  std::vector<socket_address> list;
  for (const auto& entry : found) {
    const socket_address address{to_address(entry.endpoint().address()), port};
    if (list.size() == resolver::max_addresses) break;
    if (std::find(list.begin(), list.end(), address) == list.end()) list.push_back(address);
  }
  return list;
}

}  // namespace

void resolver::resolve(const std::string& host, std::uint16_t port, answer done) {
  if (const auto numeric = ip_address::parse(host)) {
    boost::asio::post(resolver_.get_executor(), [done = std::move(done), a = *numeric, port] {
      done({socket_address{a, port}});
    });
    return;
  }
  resolver_.async_resolve(host, std::to_string(port),
                          [done = std::move(done), port](const boost::system::error_code& error,
                                                         const udp::resolver::results_type& found) {
                            if (error == boost::asio::error::operation_aborted) return;
                            done(error ? std::vector<socket_address>{} : collect(found, port));
                          });
}

std::vector<socket_address> resolver::resolve_now(const std::string& host, std::uint16_t port) {
  if (const auto numeric = ip_address::parse(host)) return {socket_address{*numeric, port}};
  boost::system::error_code error;
  const auto found = resolver_.resolve(host, std::to_string(port), error);
  return error ? std::vector<socket_address>{} : collect(found, port);
}

}  // namespace sipvoice::io
