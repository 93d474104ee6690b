// An array that grows without moving what it has, so that growing takes no second copy: a flood of
// addresses makes millions of entries. Used by one task; not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace dnstorm::operators {

template <class T, unsigned bits = 12>
class Segments {
 public:
  static constexpr std::size_t segment_size = std::size_t{1} << bits;

  const T& operator[](std::size_t at) const { return segments_[at >> bits][at % segment_size]; }
  std::size_t size() const { return size_; }
  void push_back(const T& value) {
    if (size_ == segments_.size() * segment_size)
      segments_.push_back(std::make_unique<T[]>(segment_size));
    segments_[size_ >> bits][size_ % segment_size] = value;
    ++size_;
  }
  // Keeps one segment.
  void clear() {
    if (segments_.size() > 1) segments_.resize(1);
    size_ = 0;
  }

 private:
  std::vector<std::unique_ptr<T[]>> segments_;
  std::size_t size_ = 0;
};

}  // namespace dnstorm::operators
