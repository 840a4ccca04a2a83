// The program hanok.
#include "app/app.h"

int main(int argc, char** argv) {
  return hanok::app_main(argc, argv);
}
