# Helpers that make each folder of src/ one static library with the project's warnings.

set(HANOK_WARNINGS -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)  # g++ 12 reports std::string operator+ wrongly (GCC bug 105651)
if(HANOK_FUZZ)
  list(REMOVE_ITEM HANOK_WARNINGS -Werror)  # clang builds the fuzz targets; its warnings differ from the compiler's of the house
endif()

function(hanok_flags target)
  target_compile_options(${target} PRIVATE ${HANOK_WARNINGS})
  if(HANOK_SANITIZE)  # -O1 -g1: at -O2 with full debug information a matrix kernel takes g++ several minutes
    target_compile_options(${target} PRIVATE -fsanitize=${HANOK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -O1 -g1)
    if(HANOK_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # g++ 12 warns inside its own vector.
      target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-stringop-overflow)
    endif()
    target_link_options(${target} PUBLIC -fsanitize=${HANOK_SANITIZE})
  endif()
endfunction()

# hanok_room(name USES libs...): src/name/*.cpp becomes the library hanok_name (an interface library while it has no sources).
function(hanok_room name)
  cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  if(sources)
    add_library(hanok_${name} STATIC ${sources})
    target_include_directories(hanok_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(hanok_${name} PUBLIC ${ARG_USES})
    hanok_flags(hanok_${name})
  else()
    add_library(hanok_${name} INTERFACE)
    target_include_directories(hanok_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(hanok_${name} INTERFACE ${ARG_USES})
  endif()
endfunction()

# The kernels: one translation unit per kernel and instruction set; each set's folder has its own flags.
function(hanok_kernels)
  cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
  hanok_room(kernels USES ${ARG_USES})
  set(common -fno-exceptions -fno-rtti -Wno-psabi)
  if(HANOK_FUZZ)
    list(APPEND common -fno-sanitize=all -O1)  # numbers only: no foreign bytes to find faults with, and minutes to compile
  endif()
  set(avx2 -mavx2 -mfma -mf16c -mbmi2)
  set(flags_portable -ffp-contract=off)
  set(flags_avx2 ${avx2})
  set(flags_avxvnni ${avx2} -mavxvnni)
  set(flags_avx512 ${avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni
      -Wno-uninitialized -Wno-maybe-uninitialized)  # g++ 12 warns inside its own AVX-512 header
  set(flags_avx512bf16 ${flags_avx512} -mavx512bf16)
  foreach(isa portable avx2 avxvnni avx512 avx512bf16)
    file(GLOB isa_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/kernels/${isa}/*.cpp)
    if(isa_sources)
      target_sources(hanok_kernels PRIVATE ${isa_sources})
      set_source_files_properties(${isa_sources} PROPERTIES COMPILE_OPTIONS "${common};${flags_${isa}}")
    endif()
  endforeach()
endfunction()
