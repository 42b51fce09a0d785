import Checkpoint
import Foundation
import SetunCompiler
import SetunMachine
import SetunSimulator

struct Watch: RunObserver {
  var all: [[Float]] = []
  mutating func token(_ id: Int, cycle: Int, isGenerated: Bool) {}
  mutating func logits(_ values: [Float]) { all.append(values) }
}
let directory = CommandLine.arguments[1]
let configuration = try Configuration.load(CommandLine.arguments[2])
let checkpoint = try Checkpoint(directory: directory)
let model = try CompiledModel(checkpoint, for: configuration)
print("beats", model.program.bodyBeatsWithHead, "weights", model.program.weightBeats, "image", model.image.count)
let golden = try SafetensorsFile(path: directory + "/golden.safetensors")
let ids = try golden.tensor("input_ids").integers()
let logits = try golden.tensor("logits").floats()
let vocabulary = checkpoint.configuration.vocabularySize
let positions = 96
var agree = 0, total = 0
var simulator = MachineSimulator(model)
let clock = ContinuousClock()
let rows = ids.count / positions
var last: RunResult! = nil
let time = try clock.measure {
for row in 0..<rows {
  let prompt = ids[row * positions..<(row + 1) * positions].map { Int($0) }
  var watch = Watch()
  last = try simulator.run(RunRequest(prompt: prompt, budget: 1, score: true), observer: &watch)
  for position in 0..<positions {
    let base = (row * positions + position) * vocabulary
    let reference = logits[base..<base + vocabulary]
    let best = reference.indices.max { reference[$0] < reference[$1] }! - base
    let mine = watch.all[position].indices.max { watch.all[position][$0] < watch.all[position][$1] }!
    total += 1
    if best == mine { agree += 1 }
  }
}
}
print("argmax", Double(agree) / Double(total), total, "time", time)
let steps = zip(last.tokenCycles.dropFirst(), last.tokenCycles).map { $0 - $1 }
print("cycles per token", steps.suffix(5), "utilisation", Double(model.program.usefulTrits) / Double(5 * configuration.lanes * steps.last!))
let prediction = Prediction(model.program)
print("predicted", prediction.cyclesPerToken)
