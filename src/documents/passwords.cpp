#include "documents/passwords.h"

#include "base/locale.h"

namespace hanok {

tl::unexpected<Error> password_needed(const std::string& where) {
  return fail(ErrorKind::kPassword, in_language("암호가 있어야 읽습니다", "a password is needed"), where, "", "",
              in_language("--password-file로 알려 주세요", "give it with --password-file"));
}

tl::unexpected<Error> password_wrong(const std::string& where) {
  return fail(ErrorKind::kPassword, in_language("암호가 맞지 않습니다", "the password is wrong"), where);
}

}  // namespace hanok
