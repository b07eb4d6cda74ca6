#include "sipvoice/call/early_dialogs.hpp"

#include <algorithm>

namespace sipvoice::call {

early_dialogs::one* early_dialogs::find(std::string_view remote_tag) {
  const auto at = std::find_if(dialogs_.begin(), dialogs_.end(), [&](const one& d) {
    return d.requests->dialog().remote_tag == remote_tag;
  });
  return at == dialogs_.end() ? nullptr : &*at;
}

early_dialogs::one* early_dialogs::of(const sip::message& response, const sip::hop& from,
                                      services& s, call_id id, const local_side& local,
                                      const std::string& target) {
  const auto& to = response.to();
  if (!to || to->tag().empty()) return nullptr;
  if (one* known = find(to->tag())) {
    known->requests->seen(from);
    return known;
  }
  if (dialogs_.size() >= max_dialogs) return nullptr;
  auto dialog = sip::dialog::of_response(response, target);
  if (!dialog) return nullptr;
  one d;
  d.requests = std::make_unique<dialog_requests>(s, id, local, std::move(*dialog), from);
  d.requests->ask_for_names(false);  // it may be gone before the name is known
  dialogs_.push_back(std::move(d));
  return &dialogs_.back();
}

dialog_requests* early_dialogs::of_request(const sip::message& request) const {
  for (const one& d : dialogs_)
    if (d.requests->dialog().matches(request)) return d.requests.get();
  return nullptr;
}

std::unique_ptr<dialog_requests> early_dialogs::take(std::string_view remote_tag) {
  one* d = find(remote_tag);
  if (d == nullptr) return nullptr;
  auto requests = std::move(d->requests);
  dialogs_.erase(dialogs_.begin() + (d - dialogs_.data()));
  return requests;
}

bool early_dialogs::receive_response(const sip::response_received& r) {
  return std::any_of(dialogs_.begin(), dialogs_.end(),
                     [&](const one& d) { return d.requests->receive_response(r); });
}

bool early_dialogs::request_timed_out(sip::client_tx tx) {
  return std::any_of(dialogs_.begin(), dialogs_.end(),
                     [&](const one& d) { return d.requests->request_timed_out(tx); });
}

bool early_dialogs::accept(one& dialog, std::uint32_t rseq) {
  if (dialog.rseq != 0 && rseq != dialog.rseq + 1) return false;
  dialog.rseq = rseq;
  return true;
}

}  // namespace sipvoice::call
