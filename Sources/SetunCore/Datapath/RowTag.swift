import HardwareDescription
import SetunMachine

/// What accompanies an element into a row unit and its results out of it.
struct ElementTag: HardwareBundle {
  /// 1 in the cycles in which there is an element.
  var valid = Bit.field()
  /// Which element of the vector it is.
  var index = Unsigned.field(width: Configuration.indexBits)
  /// It is the operation's last.
  var last = Bit.field()

  mutating func forEachField(_ field: FieldVisitor) {
    field("valid", &valid, reset: false)
    field("index", &index)
    field("last", &last)
  }
}

/// What accompanies a row from the serialiser on, until the row of the last matrix becomes an element.
struct RowTag: HardwareBundle {
  /// 1 in the cycles in which there is a row.
  var valid = Bit.field()
  /// Which of the interleaved matrices it is a row of.
  var matrix = Unsigned.field(width: 2)
  /// Which of its group's five rows it is.
  var place = Unsigned.field(width: 3)
  /// Which row of its matrix it is.
  var index = Unsigned.field(width: Configuration.indexBits)
  /// It is the operation's last.
  var last = Bit.field()

  mutating func forEachField(_ field: FieldVisitor) {
    field("valid", &valid, reset: false)
    field("matrix", &matrix)
    field("place", &place)
    field("index", &index)
    field("last", &last)
  }

  /// The row as an element of the unit that takes it while `condition` is 1.
  func element(when condition: Bit) -> ElementTag {
    var element = ElementTag()
    element.valid = condition
    element.index = index
    element.last = last
    return element
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
