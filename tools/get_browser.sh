# Gets Chromium and Japanese fonts for the browser tests, where this user may install packages (root, apt).
# Elsewhere the tests themselves say in one line what is missing, and leave those out that need it.

has_browser() {
  for name in ${KIKIME_CHROMIUM:-} chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null && return
  done
  false
}

if ! { has_browser && [ -n "$(fc-list :lang=ja 2>/dev/null)" ]; } &&
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig; } >/dev/null 2>&1 ||
    echo "apt could not install Chromium and Japanese fonts" >&2
fi
