import Foundation
import SetunMachine

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The bytes of an image as they lie in memory from the image base: made by the compiler, or a file mapped read-only,
/// so that they belong to the page cache and not to this process. Never copied, never changed once it is made.
public final class MemoryImage: @unchecked Sendable {
  // Unchecked: the bytes are written only before the object is handed out.

  /// Valid as long as this object lives, so never to be taken from one that nobody holds; starts at a page boundary.
  public let bytes: UnsafeRawBufferPointer
  private let mapping: UnsafeMutableRawBufferPointer

  private init(_ mapping: UnsafeMutableRawBufferPointer) {
    self.mapping = mapping
    bytes = UnsafeRawBufferPointer(mapping)
  }

  deinit {
    if let address = mapping.baseAddress { munmap(address, mapping.count) }
  }

  /// An image of `byteCount` bytes that `fill` writes; they are zero before.
  convenience init<Failure: Error>(
    byteCount: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    // Pages that are never written, such as padding, take no memory.
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    let address = byteCount > 0 ? mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, -1, 0) : nil
    precondition(byteCount == 0 || (address != nil && address != MAP_FAILED), "no address space for the image")
    self.init(UnsafeMutableRawBufferPointer(start: address, count: byteCount))
    try fill(mapping)
  }

  /// A copy of bytes.
  public convenience init(_ source: some Collection<UInt8>) {
    self.init(byteCount: source.count) { $0.copyBytes(from: source) }
  }

  /// Maps a file.
  public convenience init(path: String) throws(ImageError) {
    func refuse(_ problem: String) -> ImageError {
      ImageError("\(path): \(problem) (\(String(cString: strerror(errno)))).")
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw refuse("cannot be opened") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw refuse("cannot be examined") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw ImageError("\(path): is not a regular file.") }
    let size = Int(status.st_size)
    guard size >= ImageHeader.byteCount else { throw ImageError("\(path): is too short for an image.") }
    guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
      throw refuse("cannot be mapped into memory")
    }
    self.init(UnsafeMutableRawBufferPointer(start: address, count: size))
  }
}

extension MemoryImage: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { bytes.count }
  public subscript(position: Int) -> UInt8 { bytes[position] }

  public func withContiguousStorageIfAvailable<Result>(
    _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result? {
    try body(bytes.bindMemory(to: UInt8.self))
  }
}
