import HardwareDescription
import HardwareLibrary

struct Pixel: HardwareBundle {
  var red = Unsigned.field(width: 8)
  var green = Unsigned.field(width: 8)

  mutating func forEachField(_ field: FieldVisitor) {
    field("red", &red)
    field("green", &green)
  }
}

struct Brightness: HardwareModule {
  func build(_ m: ModuleBuilder) {
    // snippet: library-streams
    let source = m.input("in", Stream(Pixel()))  // a bundle as payload
    let cut = m.cut("input_cut", source, .full)
    let bright = cut.map { $0.red + $0.green }
    let queued = m.queue("backlog", bright, depth: 64, in: .block)
    let copies = m.fork("copies", queued, into: 2)
    m.output("left", Stream<Unsigned>(width: 9)).drive(copies[0])
    m.output("right", Stream<Unsigned>(width: 9)).drive(copies[1])
    // snippet.end
  }
}

struct MultiplyWord: HardwareBundle {
  var left = Signed.field(width: 8)
  var right = Signed.field(width: 8)
  var offset = Signed.field(width: 16)

  mutating func forEachField(_ field: FieldVisitor) {
    field("left", &left)
    field("right", &right)
    field("offset", &offset)
  }
}

struct MultiplyAdd: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let source = m.input("in", Stream(MultiplyWord()))
    // snippet: library-pipeline
    let result = m.elasticPipeline("mac", from: source) { pipeline, word in
      let product = pipeline.stage("product", word) { $0.left * $0.right }
      return pipeline.stage("sum", product, word.offset) { $0 + $1 }
    }
    // snippet.end
    m.output("out", Stream<Signed>(width: 17)).drive(result)
  }
}
