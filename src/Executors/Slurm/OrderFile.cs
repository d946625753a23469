using System.Buffers.Binary;
using System.Text;
using Switchyard.Core.Execution;
using Switchyard.Executors.Process.Hosting;

namespace Switchyard.Executors.Slurm;

/// <summary>
/// The orders of a batch as the launcher reads them: <c>YARDORD1</c>, their number, for each its attempt, where it begins
/// and how long it is, then the orders. An order is a row of pairs of texts, each with its length before it: what it is, and
/// what it says.
/// </summary>
internal static class OrderFile
{
    private const int HeadLength = 12, EntryLength = 20;

    /// <summary>What of an order the server needs itself, also one that comes later.</summary>
    public sealed record Kept(IReadOnlyList<string> Secrets, string Preface, bool HasDirectory);

    /// <summary>Writes an order; answers why it cannot be carried out, or null.</summary>
    public static string? Write(MemoryStream to, StartOrder order, string installation, string attemptDirectory)
    {
        if (order.Container is { } container) return $"it wants the image {container.Container.Image}: tasks in containers do not run on Slurm";
        if (OrderCheck.Arguments(order) is { } unfit) return unfit;
        if (order.WorkingDirectory is { } directory && (directory.Length == 0 || directory[0] != '/')) return $"the working directory is not an absolute path: {directory}";
        var needsDirectory = order.WorkingDirectory is null || order.Files.Count > 0;
        var environment = new List<string>
        {
            HostAttempt.NodeVariable + "=" + installation,
            FormattableString.Invariant($"{HostAttempt.AttemptVariable}={order.AttemptId}"),
        };
        if (needsDirectory) environment.Add(HostAttempt.DirectoryVariable + "=" + attemptDirectory);
        if (OrderCheck.Add(environment, order.Environment) is { } wrong || (wrong = OrderCheck.Add(environment, order.SharedEnvironment)) is not null) return wrong;
        foreach (var (name, _) in order.Files)
            if (OrderCheck.FileName(name) is { } noName) return noName;

        foreach (var secret in order.Secrets) Pair(to, "s", secret);
        if (order.Preface.Length > 0) Pair(to, "p", order.Preface);
        if (needsDirectory) Pair(to, "o", attemptDirectory);
        if (order.WorkingDirectory is not null) Pair(to, "d", order.WorkingDirectory);
        foreach (var argument in order.Arguments) Pair(to, "a", argument);
        foreach (var variable in environment) Pair(to, "e", variable);
        foreach (var (name, text) in order.Files)
        {
            Pair(to, "f", name);
            Pair(to, "F", text);
        }
        foreach (var word in order.Undo) Pair(to, "u", word);
        return null;
    }

    /// <summary>Puts the orders of a batch together.</summary>
    public static byte[] Join(IReadOnlyList<(long Id, ReadOnlyMemory<byte> Text)> orders)
    {
        var length = HeadLength + EntryLength * orders.Count;
        var file = new byte[length + orders.Sum(order => order.Text.Length)];
        "YARDORD1"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(8), orders.Count);
        for (var i = 0; i < orders.Count; i++)
        {
            var entry = file.AsSpan(HeadLength + EntryLength * i);
            BinaryPrimitives.WriteInt64LittleEndian(entry, orders[i].Id);
            BinaryPrimitives.WriteInt64LittleEndian(entry[8..], length);
            BinaryPrimitives.WriteInt32LittleEndian(entry[16..], orders[i].Text.Length);
            orders[i].Text.Span.CopyTo(file.AsSpan(length));
            length += orders[i].Text.Length;
        }
        return file;
    }

    /// <summary>The attempts of a batch, in their order. A file that is none holds none.</summary>
    public static IReadOnlyList<long> Ids(string path)
    {
        using var file = File.OpenRead(path);
        return Ids(file);
    }

    /// <summary>What was kept of one of the orders.</summary>
    public static Kept Read(string path, int index)
    {
        using var file = File.OpenRead(path);
        Span<byte> entry = stackalloc byte[EntryLength];
        file.Position = HeadLength + EntryLength * index;
        file.ReadExactly(entry);
        var text = new byte[BinaryPrimitives.ReadInt32LittleEndian(entry[16..])];
        file.Position = BinaryPrimitives.ReadInt64LittleEndian(entry[8..]);
        file.ReadExactly(text);
        var (secrets, preface, hasDirectory) = (new List<string>(), "", false);
        for (var at = 0; at < text.Length;)
        {
            var (what, says) = (Text(text, ref at), Text(text, ref at));
            if (what == "s") secrets.Add(says);
            else if (what == "p") preface = says;
            else if (what == "o") hasDirectory = true;
        }
        return new(secrets, preface, hasDirectory);
    }

    private static long[] Ids(FileStream file)
    {
        Span<byte> head = stackalloc byte[HeadLength];
        if (file.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false) < HeadLength || !head[..8].SequenceEqual("YARDORD1"u8)) return [];
        var ids = new long[BinaryPrimitives.ReadInt32LittleEndian(head[8..])];
        var entries = new byte[EntryLength * ids.Length];
        file.ReadExactly(entries);
        for (var i = 0; i < ids.Length; i++) ids[i] = BinaryPrimitives.ReadInt64LittleEndian(entries.AsSpan(EntryLength * i));
        return ids;
    }

    private static void Pair(MemoryStream to, string what, string says)
    {
        Put(to, what);
        Put(to, says);
    }

    private static void Put(MemoryStream to, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        to.Write(length);
        to.Write(bytes);
    }

    private static string Text(byte[] from, ref int at)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(from.AsSpan(at));
        var text = Encoding.UTF8.GetString(from, at + 4, length);
        at += 4 + length;
        return text;
    }
}
