#include <iostream>
#include <sipvoice/sipvoice.hpp>

int main(int argc, char** argv) {
  if (argc != 2 || sipvoice::version() != argv[1]) {
    std::cerr << "the library says " << sipvoice::version() << '\n';
    return 1;
  }
  std::cout << "linked with sipvoice " << sipvoice::version() << '\n';
}
