import HardwareDescription

extension ModuleBuilder {
  /// A pipeline without stall as a stream, by credits and a FIFO at its end. `build` makes it with the tools of
  /// `Pipeline`, instances of fixed latency included, and returns its last value.
  ///
  /// Guarantees: no path leads through; the source's ready is a register. Latency: that of the pipeline and one cycle for
  /// the FIFO; a word each cycle; room for the pipeline's latency and two words. Words leave in order, none is lost or
  /// doubled. The result keeps the four rules of `StreamRule`, whatever the source does. Reset empties it.
  public func creditPipeline<Payload: StreamPayload, Value: HardwareValue & StreamPayload>(
    _ name: String, from source: Stream<Payload>, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column,
    _ build: (Pipeline, Payload) -> Staged<Value>
  ) -> Stream<Value> {
    credited(name, source, file, line, column) { pipeline, payload in
      let result = build(pipeline, payload)
      return result.aligned(to: pipeline.latency, file: file, line: line, column: column)
    }
  }

  /// A pipeline without stall as a stream, with a bundle as its last value.
  public func creditPipeline<Payload: StreamPayload, Bundle: HardwareBundle>(
    _ name: String, from source: Stream<Payload>, file: StaticString = #fileID, line: Int = #line,
    column: Int = #column,
    _ build: (Pipeline, Payload) -> StagedBundle<Bundle>
  ) -> Stream<Bundle> {
    credited(name, source, file, line, column) { pipeline, payload in
      let result = build(pipeline, payload)
      return result.aligned(to: pipeline.latency, file: file, line: line, column: column)
    }
  }

  private func credited<Payload: StreamPayload, Result: StreamPayload>(
    _ name: String, _ source: Stream<Payload>, _ file: StaticString, _ line: Int, _ column: Int,
    _ build: (Pipeline, Payload) -> Result
  ) -> Stream<Result> {
    let admits = wire("\(name)_admits", Bit.self, file: file, line: line, column: column)
    let pipeline = self.pipeline(name, valid: admits)
    let result = build(pipeline, source.payload)

    // A credit is back two cycles after its word has left the pipeline: one in the FIFO, one in the counter.
    let words = pipeline.latency + 2
    let queue = instance(
      "u_\(name)_queue", DistributedFIFO(width: result.payloadWidth, depth: words), file: file, line: line,
      column: column)
    queue.connect(
      "in_valid", pipeline.valid(at: pipeline.latency, file: file, line: line, column: column), file: file, line: line,
      column: column)
    queue.connect("in_data", result.packed, file: file, line: line, column: column)
    unused(
      queue.output("in_ready", Bit.self, file: file, line: line, column: column), file: file, line: line, column: column
    )
    let sink = send(queue, "out", like: result, file, line, column)

    let credits = instance("u_\(name)_credits", CreditCounter(credits: words), file: file, line: line, column: column)
    credits.connect("take", admits, file: file, line: line, column: column)
    credits.connect("give", sink.transfers, file: file, line: line, column: column)
    unused(
      credits.output("count", Unsigned.self, file: file, line: line, column: column), file: file, line: line,
      column: column)
    let available = credits.output("available", Bit.self, file: file, line: line, column: column)
    admits.drive(source.valid && available, file: file, line: line, column: column)
    source.ready.drive(available, file: file, line: line, column: column)
    return sink
  }
}
