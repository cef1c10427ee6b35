#ifndef WEIGHBRIDGE_FORMATS_PICKLE_PYTHON_DIALECT_H_
#define WEIGHBRIDGE_FORMATS_PICKLE_PYTHON_DIALECT_H_

#include "formats/pickle/dialect.h"

namespace weighbridge::pickle {

// What every pickle may name: Python's own containers, numbers and bytes.
const Dialect& PythonDialect();

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_PICKLE_PYTHON_DIALECT_H_
