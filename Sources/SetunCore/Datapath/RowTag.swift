import HardwareDescription
import SetunMachine

/// What accompanies a step of elements into a row unit and its results out of it: one element, or with several lanes those
/// of a row group.
struct ElementTag: HardwareBundle {
  /// 1 in the cycles in which there is a step.
  var valid = Bit.field()
  /// Which lanes have an element, where there are several.
  var lanes: Unsigned?
  /// Which element of the vector it is; with several lanes, which group.
  var index = Unsigned.field(width: Configuration.indexBits)
  /// It is the operation's last.
  var last = Bit.field()

  init(_ c: Configuration) { lanes = c.laneField }

  mutating func forEachField(_ field: FieldVisitor) {
    field("valid", &valid, reset: false)
    field.visit("lanes", &lanes)
    field("index", &index)
    field("last", &last)
  }
}

/// What accompanies a step of rows from the serialiser on, until the rows of the last matrix become elements: one row, or
/// with several lanes the group.
struct RowTag: HardwareBundle {
  /// 1 in the cycles in which there is a step.
  var valid = Bit.field()
  /// Which lanes have a row, where there are several.
  var lanes: Unsigned?
  /// Which of the interleaved matrices it belongs to.
  var matrix = Unsigned.field(width: 2)
  /// Which of its group's five rows it is, where there is one lane.
  var place: Unsigned?
  /// Which row of its matrix it is; with several lanes, which group.
  var index = Unsigned.field(width: Configuration.indexBits)
  /// It is the operation's last.
  var last = Bit.field()

  init(_ c: Configuration) {
    lanes = c.laneField
    place = c.rowLanes == 1 ? .field(width: 3) : nil
  }

  mutating func forEachField(_ field: FieldVisitor) {
    field("valid", &valid, reset: false)
    field.visit("lanes", &lanes)
    field("matrix", &matrix)
    field.visit("place", &place)
    field("index", &index)
    field("last", &last)
  }

  /// The step as elements of the unit that takes them while `condition` is 1.
  func element(when condition: Bit, _ c: Configuration) -> ElementTag {
    var element = ElementTag(c)
    element.valid = condition
    element.lanes = lanes
    element.index = index
    element.last = last
    return element
  }
}

/// Where the elements of a row group lie in a vector slot when they are read side by side: a beat holds no power of two of
/// groups, so this is counted along with the group.
struct SlotPlace: HardwareBundle {
  /// The word of the slot.
  var word: Unsigned
  /// The channel that the word came from, where there are several.
  var channel: Unsigned?
  /// Which group of the word it is, where a word holds several.
  var place: Unsigned?

  init(_ c: Configuration) {
    word = .field(width: VectorSlots.addressBits(c))
    channel = c.channels > 1 ? .field(width: indexWidth(c.channels)) : nil
    place = c.groupsPerBeat > 1 ? .field(width: indexWidth(c.groupsPerBeat)) : nil
  }

  mutating func forEachField(_ field: FieldVisitor) {
    field("word", &word)
    field.visit("channel", &channel)
    field.visit("place", &place)
  }

  /// What the names of its fields end with; one empty name where there is one row lane, since the element's number says
  /// it all.
  static func fieldNames(_ c: Configuration) -> [String] {
    guard c.rowLanes > 1 else { return [""] }
    let place = SlotPlace(c)
    return ["_word"] + (place.channel == nil ? [] : ["_channel"]) + (place.place == nil ? [] : ["_place"])
  }

  /// Bits of a field by the end of its name.
  func width(ofField name: String) -> Int {
    let field = name == "_word" ? word : name == "_channel" ? channel : place
    return field?.width ?? 0
  }

  /// Sets the next value of the register to the place of the next group.
  func advance(_ m: ModuleBuilder, _ c: Configuration) {
    func advanceWord() {
      guard let channel else { return word.next(word &+ 1) }
      channel.next(channel &+ 1)
      m.when(channel == Unsigned(c.channels - 1, width: channel.width)) { word.next(word &+ 1) }
    }
    guard let place else { return advanceWord() }
    m.when(place == Unsigned(c.groupsPerBeat - 1, width: place.width)) {
      place.next(0)
      advanceWord()
    }.otherwise {
      place.next(place &+ 1)
    }
  }

  /// Sets the next value of the register to the place of the first group.
  func restart() {
    word.next(0)
    channel?.next(0)
    place?.next(0)
  }
}

extension FieldVisitor {
  /// A field that only some configurations have.
  func visit(_ name: String, _ value: inout Unsigned?) {
    guard var present = value else { return }
    self(name, &present)
    value = present
  }
}

extension Configuration {
  /// Row groups whose bf16 values a beat holds, when the lanes read a group at once.
  var groupsPerBeat: Int { halvesPerBeat / rowLanes }
  /// Bits of the machine floats of a step.
  var stepBits: Int { rowLanes * floatBits }
  /// What the header of a module says where there is one row lane, or where there are several.
  func phrase(_ oneLane: String, _ several: String) -> String { rowLanes == 1 ? oneLane : several }
  /// The field of a tag that says which lanes have something; nil where there is one.
  fileprivate var laneField: Unsigned? { rowLanes == 1 ? nil : .field(width: rowLanes) }
}

extension ModuleBuilder {
  /// Which lanes have a row when `left` rows are left: all but those of the last group's padding.
  func filledLanes(_ name: String, _ left: Unsigned, _ c: Configuration) -> Unsigned {
    wire(name, concatenate((0..<c.rowLanes).reversed().map { left > Unsigned($0, width: left.width) }))
  }

  /// One instance of `module` for each row lane. Its ports become vectors with an element a lane.
  ///
  /// - Parameters:
  ///   - shared: an input that all lanes share.
  ///   - inputs: name and width of each other input.
  ///   - results: name and width of each output.
  func rowLanes(
    _ module: some HardwareModule, _ c: Configuration, shared: (name: String, value: Unsigned)? = nil,
    inputs: [(name: String, width: Int)], results: [(name: String, width: Int)]
  ) {
    let lanes = constant("Lanes", c.rowLanes)
    let given = inputs.map { inputVector($0.name, Unsigned.self, width: $0.width, count: lanes) }
    let made = results.map { outputVector($0.name, Unsigned.self, width: $0.width, count: lanes) }
    generate("lane", count: lanes) { k in
      let lane = instance("u_lane", module)
      if let shared { lane.connect(shared.name, shared.value) }
      for (port, value) in zip(inputs, given) { lane.connect(port.name, value[k]) }
      for (port, value) in zip(results, made) { value[k].drive(lane.output(port.name, Unsigned.self)) }
    }
  }
}

/// What every lane of the retire port says beside its data.
struct RetireEvent: HardwareBundle {
  /// 1 in the cycles in which something retires.
  var valid: Bit
  /// It is the operation's last.
  var last: Bit
  /// Which instruction it belongs to.
  var tag: Unsigned

  mutating func forEachField(_ field: FieldVisitor) {
    field("valid", &valid, reset: false)
    field("last", &last)
    field("tag", &tag)
  }
}
