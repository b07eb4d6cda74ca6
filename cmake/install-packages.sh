# Sourced by ./run and ./test: install_packages PART... installs what is missing of packages.txt.

packages_of() {
  awk -v wanted=" $* " '
    /^[ \t]*(#|$)/ { next }
    /^\[/ { gsub(/[][]/, ""); on = index(wanted, " " $0 " ") > 0; next }
    on { print $1 }' packages.txt
}

missing_packages() {
  local package
  for package in $(packages_of "$@"); do
    # A package may stand as a virtual one or for several architectures: any that is installed will do.
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
      printf '%s\n' "$package"
  done
}

install_packages() {
  local missing as_root=()
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  if ! command -v apt-get >/dev/null; then
    printf 'These Debian packages are needed, and there is no apt-get to install them:\n%s\n' "$missing" >&2
    return 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      printf 'Install these as root, then try again: apt-get install %s\n' "$(echo $missing)" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  printf 'Installing: %s\n' "$(echo $missing)" >&2
  "${as_root[@]}" apt-get -qq update >&2 &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get -qq install -y --no-install-recommends $missing >&2
}

export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
