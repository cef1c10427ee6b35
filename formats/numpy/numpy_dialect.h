#ifndef WEIGHBRIDGE_FORMATS_NUMPY_NUMPY_DIALECT_H_
#define WEIGHBRIDGE_FORMATS_NUMPY_NUMPY_DIALECT_H_

#include "formats/pickle/dialect.h"

namespace weighbridge::pickle {

// numpy's arrays, dtypes and scalars (docs/spec/formats.md 8.2 to 8.4).
const Dialect& NumpyDialect();

}  // namespace weighbridge::pickle

#endif  // WEIGHBRIDGE_FORMATS_NUMPY_NUMPY_DIALECT_H_
