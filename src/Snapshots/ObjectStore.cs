using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Switchyard.Snapshots;

/// <summary>
/// Contents by their SHA-256, as read-only files <c>objects/ab/cdef...</c>. A freeze writes into a stage of its own, which is
/// flushed as a whole and only then renamed into place: an object that can be seen is whole, also after a power failure.
/// </summary>
internal sealed class ObjectStore
{
    public ObjectStore(string root)
    {
        Root = root;
        Directory.CreateDirectory(Path.Combine(Root, "objects"));
        Directory.CreateDirectory(Path.Combine(Root, "tmp"));
    }

    public string Root { get; }

    public string ObjectsDirectory => Path.Combine(Root, "objects");

    public string StagesDirectory => Path.Combine(Root, "tmp");

    public string PathOf(string hash) => Path.Combine(Root, "objects", hash[..2], hash[2..]);

    /// <summary>Whether an object is there at its full size; one of another size was damaged and is written again.</summary>
    public bool Has(string hash, long size)
    {
        var file = new FileInfo(PathOf(hash));
        return file.Exists && file.Length == size;
    }

    public SafeFileHandle Open(string hash)
    {
        try
        {
            return Files.Open(PathOf(hash), Libc.ReadOnly);
        }
        catch (CallFailed failure) when (failure.Errno == Libc.ENOENT)
        {
            throw new InvalidDataException($"object {hash} is missing");
        }
    }

    public byte[] ReadAll(string hash)
    {
        using var file = Open(hash);
        var bytes = new byte[Files.State(file).Size];
        for (int done = 0, read; done < bytes.Length; done += read)
            if ((read = Files.Read(file, bytes.AsSpan(done))) == 0)
                throw new InvalidDataException($"object {hash} is shorter than it was");
        return bytes;
    }

    /// <summary>Every object; its hash is the name of its directory and its own.</summary>
    public IEnumerable<FileInfo> All() => new DirectoryInfo(ObjectsDirectory).EnumerateDirectories().SelectMany(shelf => shelf.EnumerateFiles());

    /// <summary>A place for the new objects of one freeze.</summary>
    public Stage NewStage() => new(this);

    /// <summary>New objects that nobody can see yet. Disposing drops what was not published.</summary>
    internal sealed class Stage : IDisposable
    {
        private readonly ObjectStore store;
        private readonly string path;
        private readonly SafeFileHandle directory;
        private readonly HashSet<string> staged = [];
        private volatile bool clones = true;
        private int unnamed;
        private long bytes;

        internal Stage(ObjectStore store)
        {
            this.store = store;
            path = Path.Combine(store.StagesDirectory, Guid.NewGuid().ToString("N"));
            Directory.CreateDirectory(path);
            directory = Files.OpenDirectory(path);
        }

        /// <summary>Bytes of the objects staged so far.</summary>
        public long Bytes => Interlocked.Read(ref bytes);

        /// <summary>Takes in bytes and answers their hash.</summary>
        public string Add(ReadOnlySpan<byte> content)
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(content));
            if (Claim(hash, content.Length))
            {
                using var file = Files.OpenIn(directory, hash, Libc.WriteOnly | Libc.Create | Libc.Exclusive, 0x180);
                Files.Write(file, content, Writing);
                Finish(file);
            }

            return hash;
        }

        /// <summary>
        /// Takes in an open file that has about <paramref name="size"/> bytes. What was stored is what the hash says; whether the
        /// file held still meanwhile is the caller's question, unless it was cloned, which takes one instant.
        /// </summary>
        public (string Hash, long Size, bool Cloned) Add(SafeFileHandle file, long size, byte[] buffer)
        {
            if (size < buffer.Length)
            {
                var length = 0;
                for (int read; length < buffer.Length && (read = Files.Read(file, buffer.AsSpan(length))) > 0;)
                    length += read;
                return (Add(buffer.AsSpan(0, length)), length, false);
            }

            var cloned = false;

            var temporary = $"new-{Interlocked.Increment(ref unnamed)}";
            using var copy = Files.OpenIn(directory, temporary, Libc.ReadWrite | Libc.Create | Libc.Exclusive, 0x180);
            if (clones)
                clones = cloned = Files.TryClone(file, copy, Writing);
            using var hasher = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var from = cloned ? copy : file;
            long total = 0;
            for (int read; (read = Files.Read(from, buffer)) > 0; total += read)
            {
                hasher.AppendData(buffer, 0, read);
                if (!cloned)
                    Files.Write(copy, buffer.AsSpan(0, read), Writing);
            }

            var hash = Convert.ToHexStringLower(hasher.GetHashAndReset());
            if (Claim(hash, total))
            {
                Finish(copy);
                Files.Check(Libc.renameat(directory, Files.Bytes(temporary), directory, Files.Bytes(hash)), Writing);
            }
            else
                Files.Check(Libc.unlinkat(directory, Files.Bytes(temporary), 0), Writing);
            return (hash, total, cloned);
        }

        /// <summary>Flushes what was staged and lets it be seen. It is durable when the caller flushes once more.</summary>
        public void Publish()
        {
            if (staged.Count == 0)
                return;
            Files.Check(Libc.syncfs(directory), Writing);
            using var objects = Files.OpenDirectory(store.ObjectsDirectory);
            foreach (var shelf in staged.GroupBy(hash => hash[..2]))
            {
                if (Libc.mkdirat(objects, Files.Bytes(shelf.Key), 0x1c0) < 0 && Libc.Errno != Libc.EEXIST)
                    throw Files.Failed(Writing);
                using var to = Files.OpenIn(objects, shelf.Key, Libc.OpenDirectory);
                foreach (var hash in shelf)
                    Files.Check(Libc.renameat(directory, Files.Bytes(hash), to, Files.Bytes(hash[2..])), Writing);
            }

            staged.Clear();
        }

        public void Dispose()
        {
            directory.Dispose();
            try
            {
                Directory.Delete(path, recursive: true);
            }
            catch (IOException)
            {
                // A collection removes what is left.
            }
        }

        private const string Writing = "writing to the snapshots";

        /// <summary>True for the first who brings a content that the store has not.</summary>
        private bool Claim(string hash, long size)
        {
            if (store.Has(hash, size))
                return false;
            lock (staged)
                if (!staged.Add(hash))
                    return false;
            Interlocked.Add(ref bytes, size);
            return true;
        }

        private static void Finish(SafeFileHandle file) => Files.Check(Libc.fchmod(file, 0x124), Writing);
    }
}
