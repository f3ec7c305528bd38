extension Graph {
    /// A tensor that the network owns: where it is, what it does there, what becomes of it in training, and how it
    /// starts.
    ///
    /// Its name is for files alone, and is the official code's; nothing is read out of it.
    package struct Parameter: Hashable, Sendable {
        /// The module that has the parameter.
        package var module: Module
        /// The parameter's name in its module, such as `weight`.
        package var tensor: String
        /// As files store it: OIHW for filters, one axis for vectors.
        package var shape: [Int]
        package var role: Role
        package var part: Part
        package var kind: Kind
        package var start: Start

        package init(
            _ module: Module, _ tensor: String, shape: [Int], role: Role, part: Part, kind: Kind, start: Start
        ) {
            self.module = module
            self.tensor = tensor
            self.shape = shape
            self.role = role
            self.part = part
            self.kind = kind
            self.start = start
        }

        /// Who uses a parameter.
        package enum Owner: Hashable, Sendable {
            /// Every task: a filter of the bank, or what is trained jointly.
            case shared
            /// One task alone, by its name.
            case task(String)
        }

        /// What becomes of a parameter in training.
        package enum Role: Hashable, Sendable {
            /// Never changed, never given a gradient, such as a filter of the bank.
            case frozen
            /// Changed by the optimizer.
            case trained
            /// A running statistic of batch normalization, or any constant of a frozen one.
            case statistic
        }

        /// Where in the network a parameter is.
        package enum Part: Hashable, Sendable, CaseIterable {
            case backbone
            case decoder
            /// The linear layer of a classifier.
            case classifier
        }

        /// What a parameter does.
        package enum Kind: Hashable, Sendable, CaseIterable {
            /// The weights of an ordinary convolution; in the backbone, of one that a modulator may follow.
            case filter
            /// A modulator of the backbone's filters, or an adapter beside them.
            case modulator
            /// The convolution of a block's shortcut.
            case shortcut
            /// Scale, shift or running statistic of batch normalization.
            case norm
            /// The offsets of a convolution's outputs.
            case bias
        }

        /// What a parameter's values are before training.
        package enum Start: Hashable, Sendable {
            case zeros
            case ones
            /// 1 where output and input are the same channel, else 0.
            case identity
            /// Uniform with variance 2 / (inputs · taps) (He et al., ICCV 2015, arXiv 1502.01852), drawn by name.
            case heUniform
            /// The rows of the matrix of this name in a pretrained file, as directions; without it the identity.
            case rows(of: String)
            /// The lengths of those rows; without the matrix 1.
            case rowLengths(of: String)
        }

        /// The place of a module in the official code, whose names have the task inside: `layer5.TASK.conv2d_final.0`.
        package struct Module: Hashable, Sendable {
            /// What comes before the task.
            package var path: String
            package var owner: Owner
            /// What comes behind it; may be empty.
            package var submodule: String

            package init(_ path: String, owner: Owner, submodule: String = "") {
                self.path = path
                self.owner = owner
                self.submodule = submodule
            }

            /// The module's name, with the task that owns it.
            package var name: String {
                switch owner {
                case .shared: Self.joined([path, submodule])
                case .task(let task): Self.joined([path, task, submodule])
                }
            }

            fileprivate static func joined(_ names: [String]) -> String {
                names.filter { !$0.isEmpty }.joined(separator: ".")
            }
        }

        package var owner: Owner { module.owner }

        /// The name in files, such as `conv1.Wt.depth.weight_v`. Paths have fixed first words and tasks have no dots, so
        /// different parameters of a network have different names, whatever its tasks are called.
        package var name: String { Module.joined([module.name, tensor]) }

        /// The name in files that no task owns, such as a pretrained net's: the name without the task.
        package var sharedName: String { Module.joined([module.path, module.submodule, tensor]) }

        package var count: Int { shape.reduce(1, *) }
    }
}
