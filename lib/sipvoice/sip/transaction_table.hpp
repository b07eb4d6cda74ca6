// Which transaction a message belongs to: the keys of RFC 3261 sections 17.1.3 and 17.2.3, and a
// table by key and by number. Nothing here walks over all transactions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "sipvoice/sip/keyed_hash.hpp"
#include "sipvoice/sip/message.hpp"

namespace sipvoice::sip {

/// True when the branch is unique across space and time (8.1.1.7): the magic cookie "z9hG4bK" and
/// something behind it. The cookie alone names nothing, so it is matched as RFC 2543 does.
[[nodiscard]] bool is_unique_branch(std::string_view branch);

/// The parts of a request by which transactions are told apart. Views into the request.
struct request_identity {
  via top;
  std::string_view via_text;  ///< the first Via value as it stands
  std::string_view from_tag, to_tag;
  sip::cseq sequence;
  [[nodiscard]] bool unique_branch() const { return is_unique_branch(top.branch()); }
  /// Fails when a part cannot be read; never of a message whose check() is clean.
  [[nodiscard]] static result<request_identity> of(const message& request);
};

/// Key of the server transaction of `request`, taken as one of `method_name`: "INVITE" for an ACK
/// or a CANCEL that looks for its INVITE. With a unique branch: branch, sent-by, method. Else, as
/// RFC 2543 did: Request-URI, To tag, From tag, Call-ID, CSeq number, top Via, method; there
/// `to_tag` is that of the request that made the transaction.
[[nodiscard]] std::string server_key(const message& request, const request_identity& id,
                                     std::string_view method_name, std::string_view to_tag);
/// Key of a client transaction: branch and the method of CSeq (17.1.3).
[[nodiscard]] std::string client_key(std::string_view branch, std::string_view method_name);
/// The same for every copy of a request, by whatever path it came (8.2.2.2): Call-ID, From tag,
/// CSeq.
[[nodiscard]] std::string merge_key(const message& request, const request_identity& id);

/// Owns transactions of one kind; numbers rise from 1 and are never given twice.
template <class T>
class transaction_table {
 public:
  explicit transaction_table(const keyed_hash& hash) : by_key_(16, hash) {}

  /// Adds one; nullptr when the key is taken.
  template <class... Args>
  T* insert(std::string key, Args&&... args) {
    const auto [at, fresh] = by_key_.try_emplace(std::move(key), nullptr);
    if (!fresh) return nullptr;
    const std::uint64_t number = ++last_number_;
    at->second =
        &by_number_
             .try_emplace(number, number, std::string_view(at->first), std::forward<Args>(args)...)
             .first->second;
    return at->second;
  }
  [[nodiscard]] T* find(std::string_view key) {
    const auto at = by_key_.find(key);
    return at == by_key_.end() ? nullptr : at->second;
  }
  [[nodiscard]] T* find(std::uint64_t number) {
    const auto at = by_number_.find(number);
    return at == by_number_.end() ? nullptr : &at->second;
  }
  [[nodiscard]] const T* find(std::uint64_t number) const {
    const auto at = by_number_.find(number);
    return at == by_number_.end() ? nullptr : &at->second;
  }
  /// `T::number` and `T::key` tell where it stands.
  void erase(T& one) {
    const std::uint64_t number = one.number;
    by_key_.erase(by_key_.find(one.key));
    by_number_.erase(number);
  }
  [[nodiscard]] std::size_t size() const { return by_number_.size(); }

 private:
  std::unordered_map<std::string, T*, keyed_hash, std::equal_to<>> by_key_;
  std::unordered_map<std::uint64_t, T> by_number_;
  std::uint64_t last_number_ = 0;
};

}  // namespace sipvoice::sip
