using Switchyard.Core.Execution;

namespace Switchyard.Executors.Process.Wire;

/// <summary>
/// What goes over the host's socket. Version 5. The server speaks first (<see cref="Hello"/>); integers are little-endian,
/// texts UTF-8 with a length before them (-1: none).
/// </summary>
internal static class Message
{
    public const int Version = 5;

    // Server to host.
    public const byte Hello = 1, Spawn = 2, Signal = 3, List = 4, Ack = 5, Drain = 6, Adopt = 7, Renew = 8;

    // A host of an older program passes over what it does not know (Renew): it then has no fence.

    // Host to server.
    public const byte Welcome = 64, Spawned = 65, Refused = 66, Exited = 67, Output = 68, Listed = 69, Fault = 70;

    private const byte NoShared = 0, SameShared = 1, NewShared = 2;

    /// <summary>A list of orders is cut into frames of about this size.</summary>
    public const int FrameGoal = 256 * 1024;

    /// <summary>Writes an order. A list of shared variables is written with the first order of a frame that has it.</summary>
    /// <param name="shared">The list written last in this frame.</param>
    /// <returns>Bytes of shared variables, which do not count to the size of a frame: each frame has them once.</returns>
    public static int WriteOrder(FrameWriter to, StartOrder order, ref IReadOnlyList<KeyValuePair<string, string>>? shared)
    {
        var known = ReferenceEquals(order.SharedEnvironment, shared);
        to.Byte(order.SharedEnvironment.Count == 0 ? NoShared : known ? SameShared : NewShared);
        var before = to.Length;
        if (order.SharedEnvironment.Count > 0 && !known)
            WritePairs(to, shared = order.SharedEnvironment);
        var bytes = to.Length - before;
        to.Long(order.AttemptId);
        to.Int(order.Arguments.Count);
        foreach (var text in order.Arguments) to.Text(text);
        WritePairs(to, order.Environment);
        to.Text(order.WorkingDirectory);
        WritePairs(to, order.Files);
        to.Int(order.Secrets.Count);
        foreach (var text in order.Secrets) to.Text(text);
        to.Int(order.Undo.Count);
        foreach (var text in order.Undo) to.Text(text);
        to.Text(order.Preface);
        to.Text(order.Shell?.Address);
        if (order.Shell is { } shell)
        {
            to.Int(shell.Port);
            to.Text(shell.PublicKey);
            to.Int(shell.Into.Count);
            foreach (var text in shell.Into) to.Text(text);
            to.Text(shell.Without);
        }
        return bytes;
    }

    /// <summary>Reads an order.</summary>
    /// <param name="shared">The shared variables read last in this frame.</param>
    /// <param name="before">The order before this one: the members of a gang have most variables in common, whose texts are kept once.</param>
    public static StartOrder ReadOrder(ref FrameReader from, ref IReadOnlyList<KeyValuePair<string, string>>? shared, StartOrder? before)
    {
        var kind = from.Byte();
        if (kind == NewShared) shared = ReadPairs(ref from, []);
        if (kind > NewShared || (kind != NoShared && shared is null)) throw new InvalidDataException($"shared variables of kind {kind}");
        var id = from.Long();
        var arguments = ReadTexts(ref from);
        var environment = ReadPairs(ref from, before?.Environment ?? []);
        var directory = from.TextOrNull();
        var files = ReadPairs(ref from, []);
        return new(id, arguments, environment, directory, files, ReadTexts(ref from))
        {
            SharedEnvironment = kind == NoShared ? [] : shared!,
            Undo = ReadTexts(ref from),
            Preface = from.Text(),
            Shell = from.TextOrNull() is { } address ? new(address, from.Int(), from.Text()) { Into = ReadTexts(ref from), Without = from.TextOrNull() } : null,
        };
    }

    private static void WritePairs(FrameWriter to, IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        to.Int(pairs.Count);
        foreach (var (key, value) in pairs)
        {
            to.Text(key);
            to.Text(value);
        }
    }

    private static string[] ReadTexts(ref FrameReader from)
    {
        var count = from.Int();
        if (count == 0) return [];
        var texts = new string[Sane(count)];
        for (var i = 0; i < texts.Length; i++) texts[i] = from.Text();
        return texts;
    }

    private static KeyValuePair<string, string>[] ReadPairs(ref FrameReader from, IReadOnlyList<KeyValuePair<string, string>> like)
    {
        var count = from.Int();
        if (count == 0) return [];
        var pairs = new KeyValuePair<string, string>[Sane(count)];
        for (var i = 0; i < pairs.Length; i++)
        {
            var (key, value) = i < like.Count ? like[i] : default;
            pairs[i] = new(from.Text(key), from.Text(value));
        }
        return pairs;
    }

    private static int Sane(int count) => count is >= 0 and <= 1_000_000 ? count : throw new InvalidDataException($"a list of {count}");
}
