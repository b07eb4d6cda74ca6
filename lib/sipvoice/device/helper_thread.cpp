#include "sipvoice/device/helper_thread.hpp"

#include <pthread.h>

#include <csignal>
#include <initializer_list>

namespace sipvoice::device {

void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP})
    ::sigdelset(&all, fault);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace sipvoice::device
