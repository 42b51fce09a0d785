extension ModuleBuilder {
  // MARK: Bundles

  /// Input ports `name_field`, one for each field of `shape`; flipped fields are outputs, to be driven.
  public func input<Bundle: HardwareBundle>(
    _ name: String, _ shape: Bundle, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Bundle {
    let location = SourceLocation(file, line, column)
    return shape.mapped(name) { self.port($0, $0.isFlipped ? .output : .input, location) }
  }

  /// Output ports `name_field`, one for each field; flipped fields are inputs. Fields that have a value are driven with
  /// it, the others are left to `drive`.
  @discardableResult
  public func output<Bundle: HardwareBundle>(
    _ name: String, _ bundle: Bundle, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Bundle {
    let location = SourceLocation(file, line, column)
    return bundle.mapped(name) { field in
      let port = self.port(field, field.isFlipped ? .input : .output, location)
      if !field.handle.isOpen, !field.isFlipped {
        port.assign(field.handle.expression, isNext: false, location)
      }
      return port
    }
  }

  /// Wires `name_field`. Fields that have a value are driven with it, the others are left to `drive`.
  public func wire<Bundle: HardwareBundle>(
    _ name: String, _ bundle: Bundle, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Bundle {
    let location = SourceLocation(file, line, column)
    return bundle.mapped(name) { field in
      let wire = self.signal(field, .wire, location)
      if !field.handle.isOpen { self.assignInScope(wire, field.handle, location) }
      return wire
    }
  }

  /// Registers `name_field`, with the resets the bundle asks for; values of the fields are not looked at.
  public func register<Bundle: HardwareBundle>(
    _ name: String, _ shape: Bundle, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Bundle {
    let location = SourceLocation(file, line, column)
    return shape.mapped(name) { field in
      self.rejectFlipped(field, location)
      let reset = self.resetBits(field.reset, field.width, field.isSigned, field.name, location)
      return self.signal(field, .register(reset: reset), location)
    }
  }

  /// Registers that take `bundle` every cycle: `bundle` one cycle later.
  public func registered<Bundle: HardwareBundle>(
    _ name: String, _ bundle: Bundle, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Bundle {
    let register = self.register(name, bundle, file: file, line: line, column: column)
    register.next(bundle, file: file, line: line, column: column)
    return register
  }

  /// `bundle` delayed by `cycles`; fields with a reset keep it.
  public func delayed<Bundle: HardwareBundle>(
    _ name: String, _ bundle: Bundle, by cycles: Int, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) -> Bundle {
    delayed(bundle, name, by: cycles, stage: 0, prefersName: true, SourceLocation(file, line, column))
  }

  func delayed<Bundle: HardwareBundle>(
    _ bundle: Bundle, _ name: String, by cycles: Int, stage: Int, prefersName: Bool, _ location: SourceLocation
  ) -> Bundle {
    bundle.mapped(name) { field in
      self.rejectFlipped(field, location)
      let reset = self.resetBits(field.reset, field.width, field.isSigned, field.name, location)
      let expression = self.delayed(
        field.handle.expression, by: cycles, stage: stage, fallback: field.name, prefersFallback: prefersName,
        reset: reset, location)
      return FieldHandle(expression: expression, builder: nil)
    }
  }

  /// States that nobody reads the fields.
  public func unused(
    _ bundle: some HardwareBundle, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) {
    for field in bundle.fields where !field.isFlipped { unused(field.handle, file: file, line: line, column: column) }
  }

  private func port(
    _ field: BundleField, _ direction: ModulePort.Direction, _ location: SourceLocation
  ) -> FieldHandle {
    rejectLiteral(field, location)
    let signal = port(
      field.name, direction, width: field.width, isSigned: field.isSigned, enumeration: field.enumeration, location)
    return FieldHandle(expression: expression(signal), builder: self)
  }

  private func signal(_ field: BundleField, _ role: Signal.Role, _ location: SourceLocation) -> FieldHandle {
    rejectLiteral(field, location)
    let signal = declare(
      field.name, role, width: field.width, isSigned: field.isSigned, enumeration: field.enumeration, location)
    append(.declaration(signal.id))
    return FieldHandle(expression: expression(signal), builder: self)
  }

  private func rejectFlipped(_ field: BundleField, _ location: SourceLocation) {
    guard field.isFlipped else { return }
    report(
      .invalidExpression, "a flipped field cannot be registered with the others",
      suggestion: "register the fields one by one", name: field.name, location)
  }

  /// A signal cannot take its width from a literal that adapts itself.
  private func rejectLiteral(_ field: BundleField, _ location: SourceLocation) {
    guard field.handle.expression.isFlexible else { return }
    report(
      .invalidExpression, "the field's value is a literal without a width",
      suggestion: "give it a width, or drive a signal of the bundle's shape", name: field.name, location)
  }
}

extension InstanceHandle {
  /// Connects the ports `name_field`: inputs of the instance take the fields' values, outputs drive the fields.
  public func connect(
    _ name: String, _ bundle: some HardwareBundle, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column
  ) {
    var outputs: [BundleField] = []
    // A field without a value stays unconnected, which the check of connections reports with the port's name.
    for field in bundle.fields(named: name) where !field.handle.isOpen {
      if child.port(field.name)?.direction == .output {
        outputs.append(field)
      } else {
        connect(field.name, field.handle, file: file, line: line, column: column)
      }
    }
    for field in outputs {
      let output = self.output(field, SourceLocation(file, line, column))
      field.handle.assign(output.expression, isNext: false, SourceLocation(file, line, column))
    }
  }

  /// The output ports `name_field` as a bundle. Flipped fields are wires, to be driven, connected to inputs.
  public func output<Bundle: HardwareBundle>(
    _ name: String, _ shape: Bundle, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> Bundle {
    let location = SourceLocation(file, line, column)
    return shape.mapped(name) { field in
      guard field.isFlipped else { return output(field, location) }
      let wireName = "\(prefix)_\(field.name)"
      let wire: any HardwareValue =
        field.isSigned
        ? builder.wire(wireName, Signed.self, width: field.width, file: file, line: line, column: column)
        : builder.wire(wireName, Unsigned.self, width: field.width, file: file, line: line, column: column)
      connect(field.name, wire, file: file, line: line, column: column)
      return FieldHandle(expression: wire.expression, builder: wire.builder)
    }
  }

  private func output(_ field: BundleField, _ location: SourceLocation) -> FieldHandle {
    let known: any HardwareValue =
      field.isSigned ? output(field.name, Signed.self, location) : output(field.name, Unsigned.self, location)
    let value = FieldHandle(expression: known.expression, builder: known.builder)
    if value.width != field.width, child.port(field.name) != nil {
      builder.report(
        .connection, "the output `\(field.name)` has \(value.width) bits, the bundle's field \(field.width)",
        name: "\(self.name).\(field.name)", location)
    }
    return value
  }
}

extension Pipeline {
  /// `bundle`, valid at `stage`.
  public func input<Bundle: HardwareBundle>(_ bundle: Bundle, stage: Int = 0) -> StagedBundle<Bundle> {
    latency = max(latency, stage)
    return StagedBundle(value: bundle, stage: stage, pipeline: self)
  }
}

/// A bundle that is valid at a stage of a pipeline.
public struct StagedBundle<Bundle: HardwareBundle>: StagedValue {
  public let value: Bundle
  public let stage: Int
  public let pipeline: Pipeline

  /// The bundle delayed until `stage`; fields with a reset keep it.
  public func aligned(to stage: Int, file: StaticString = #fileID, line: Int = #line, column: Int = #column) -> Bundle {
    let location = SourceLocation(file, line, column)
    if stage < self.stage {
      pipeline.builder.report(
        .invalidExpression, "a bundle of stage \(self.stage) is wanted at stage \(stage)", name: pipeline.name, location
      )
      return value
    }
    if stage == self.stage { return value }
    return pipeline.builder.clocked(by: pipeline.domain) {
      pipeline.builder.delayed(
        value, pipeline.name, by: stage - self.stage, stage: self.stage, prefersName: false, location)
    }
  }

  /// The bundle through registers, hence one stage later.
  public func registered(_ name: String, file: StaticString = #fileID, line: Int = #line, column: Int = #column)
    -> StagedBundle
  {
    pipeline.input(
      pipeline.builder.clocked(by: pipeline.domain) {
        pipeline.builder.registered(name, value, file: file, line: line, column: column)
      }, stage: stage + 1)
  }

  public func connect(
    to instance: InstanceHandle, _ port: String, stage: Int, file: StaticString, line: Int, column: Int
  ) {
    instance.connect(
      port, aligned(to: stage, file: file, line: line, column: column), file: file, line: line, column: column)
  }
}

extension StagedInstance {
  /// The output ports `name_field` as a bundle.
  public func output<Bundle: HardwareBundle>(
    _ name: String, _ shape: Bundle, file: StaticString = #fileID, line: Int = #line, column: Int = #column
  ) -> StagedBundle<Bundle> {
    pipeline.input(handle.output(name, shape, file: file, line: line, column: column), stage: stage)
  }
}
