import Datasets

extension RoomsSettings {
    /// The pictures to train on: the first of the seed.
    package var trainingRooms: Rooms { rooms(first: 0, count: train) }

    /// The pictures to validate on: those that follow.
    package var validationRooms: Rooms { rooms(first: train, count: validation) }

    private func rooms(first: Int, count: Int) -> Rooms {
        Rooms(seed: UInt64(seed), first: first, count: count, height: size.height, width: size.width)
    }
}
