# Gets Chromium and Japanese fonts for the browser tests, where this user may install packages (root, apt).
# Elsewhere the tests themselves say in one line what is missing, and leave those out that need it.

have() {
  command -v chromium chromium-browser google-chrome >/dev/null 2>&1 && [ -n "$(fc-list :lang=ja 2>/dev/null)" ]
}

if [ -z "${KIKIME_CHROMIUM:-}" ] && ! have && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig >/dev/null ||
    echo "apt could not install Chromium and Japanese fonts" >&2
fi
