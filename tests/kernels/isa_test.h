// Tests that run on every instruction set, skipped where the processor lacks it.
#pragma once

#include <gtest/gtest.h>

#include "kernels/kernels.h"

namespace hanok {

class IsaTest : public testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    kernels_ = kernels_for(GetParam());
    if (kernels_ == nullptr) GTEST_SKIP() << "this processor lacks " << isa_name(GetParam());
    ASSERT_EQ(kernels_->isa, GetParam());
  }
  const KernelTable* kernels_ = nullptr;
};

}  // namespace hanok
