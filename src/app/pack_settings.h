// Where packed weights are kept between runs, and how much of them.
#pragma once

#include "nn/pack_cache.h"

namespace hanok {

// $XDG_CACHE_HOME/hanok/packed, at most $HANOK_PACK_CACHE_GB gigabytes (20; 0: nothing is kept). Without a home folder
// nothing is kept either. Error: a limit that is no number.
Result<PackCacheOptions> pack_cache_settings();

}  // namespace hanok
