#ifndef WEIGHBRIDGE_BASE_OVERLOADED_H_
#define WEIGHBRIDGE_BASE_OVERLOADED_H_

namespace weighbridge {

// Lambdas as one visitor of a variant. Where none of them is for all alternatives, the compiler names the one that nobody handles:
//
//   std::visit(Overloaded{[](const Circle& circle) { … }, [](const Square& square) { … }}, shape);
template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

}  // namespace weighbridge

#endif  // WEIGHBRIDGE_BASE_OVERLOADED_H_
