#include "app/app.h"

namespace hanok {

int app_main(int, char**) { return 0; }

}  // namespace hanok
