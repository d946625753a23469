using Switchyard.Core.Snapshots;
using Switchyard.Core.Text;

namespace Switchyard.Snapshots.Tests;

/// <summary>Working copies of layers, mounted as the processes of a run mount them.</summary>
public sealed class LayerTests
{
    private const string Mount = "mkdir \"$1.work\"; mount -t overlay overlay \"$1\" -o \"lowerdir=$(cat \"$1.lower\"),upperdir=$1,workdir=$1.work,volatile,index=off,metacopy=off,redirect_dir=on\"";

    [Fact]
    public async Task A_copy_of_layers_costs_what_its_run_writes_and_is_read_from_outside_as_the_run_sees_it()
    {
        using var place = new Place();
        for (var i = 0; i < 20; i++)
            place.Write($"big/{i}", new string('x', 100_000));
        place.Write("kept/deep/file", "as it was");
        place.Write("changed", "before");
        place.Write("deleted", "gone soon");
        place.Write("emptied/old", "gone soon");
        place.Write("renamed/inner/file", "moves along");
        place.Write("twice/inner/file", "moves along twice");
        Place.Run("ln", "-s", "changed", place.Project + "/link");
        var frozen = await place.Freeze();
        var made = await Layered(place, frozen.Id);

        var seen = Inside(made.Path, """
            echo after >changed; rm deleted; rm -r emptied; mkdir emptied; echo new >emptied/new
            mv renamed elsewhere; echo more >elsewhere/inner/more; mkdir sub; mv twice sub/one; mv sub/one/inner sub/two; rmdir sub/one
            ln -s nowhere dangling; mkfifo pipe; echo deep >kept/deep/new
            """);
        Assert.InRange(Place.Du(made.Path), 0, 200_000);
        Assert.False(File.Exists(Path.Combine(made.Path, "kept", "deep", "file")));
        Assert.Equal(seen, All(place, frozen.Id, made.Path));
        Assert.Equal("after\n", Read(place, frozen.Id, made.Path, "changed"));
        Assert.Equal("as it was", Read(place, frozen.Id, made.Path, "kept/deep/file"));
        Assert.Equal("moves along", Read(place, frozen.Id, made.Path, "elsewhere/inner/file"));
        Assert.Equal("moves along twice", Read(place, frozen.Id, made.Path, "sub/two/file"));
        foreach (var path in new[] { "deleted", "emptied/old", "renamed/inner/file", "twice", "link", "dangling", "../copy.lower", "kept/../changed", "changed/below", new string('a', 256) })
            Assert.Equal(RefusalCode.NotFound, Place.Refused(place.Store.OpenCopy(frozen.Id, made.Path, path)).Code);
        Assert.Equal(RefusalCode.Invalid, Place.Refused(place.Store.OpenCopy(frozen.Id, made.Path, "kept")).Code);
        Assert.Equal(RefusalCode.Invalid, Place.Refused(place.Store.ListCopy(frozen.Id, made.Path, "changed")).Code);
        Assert.Equal(frozen.Id, (await place.Freeze()).Id);

        var other = await place.Store.Materialize(frozen.Id, place.Copy("other"), true, default);
        Assert.DoesNotContain("elsewhere", Inside(other.Value!.Path, "true"));
        Assert.True((await place.Store.Remove(made.Path, default)).Value);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(place.Root), path => Path.GetFileName(path).StartsWith("copy", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_copy_with_files_of_its_own_is_read_the_same_way()
    {
        using var place = new Place();
        place.Write("a/b", "content");
        var frozen = await place.Freeze();
        var made = await place.Materialize(frozen.Id);
        File.WriteAllText(Path.Combine(made.Path, "a", "c"), "more");
        File.Delete(Path.Combine(made.Path, "a", "b"));
        Assert.Equal("a\na/c", All(place, frozen.Id, made.Path));
        Assert.Equal("more", Read(place, frozen.Id, made.Path, "a/c"));
        Assert.Equal(RefusalCode.NotFound, Place.Refused(place.Store.OpenCopy(frozen.Id, made.Path, "a/b")).Code);
        Assert.Equal(RefusalCode.NotFound, Place.Refused(place.Store.ListCopy(frozen.Id, place.Copy("never"), "")).Code);
    }

    [Fact]
    public async Task The_frozen_tree_is_there_once_for_all_copies_and_goes_with_its_snapshot()
    {
        using var place = new Place(grace: TimeSpan.Zero);
        for (var i = 0; i < 20; i++)
            place.Write($"big/{i}", new string((char)('a' + i), 100_000));
        var frozen = await place.Freeze();
        await Layered(place, frozen.Id);
        var one = Place.Du(place.Root);
        for (var i = 0; i < 10; i++)
            await Layered(place, frozen.Id, $"copy-{i}");
        Assert.InRange(Place.Du(place.Root) - one, 0, 500_000);
        Assert.InRange(place.Store.Usage().Bytes, 2 * frozen.Bytes, 2 * frozen.Bytes + 10_000);
        await place.Store.Collect(new HashSet<string> { frozen.Id }, default);
        Assert.Single(Directory.EnumerateDirectories(Path.Combine(place.StorePath, "trees")));
        place.Clock.Ahead = TimeSpan.FromMinutes(1);
        await place.Store.Collect(new HashSet<string>(), default);
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(place.StorePath, "trees")));
    }

    [Fact]
    public async Task Where_blocks_can_be_shared_layers_are_not_needed()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, Place.NeedsRoot);
        Assert.SkipUnless(File.Exists("/usr/sbin/mkfs.xfs"), "xfsprogs is not installed");
        using var place = Place.OnXfs();
        place.Write("file", "content");
        Assert.Equal(WorkingCopyKind.Reflink, (await place.Store.Materialize((await place.Freeze()).Id, place.Copy(), true, default)).Value!.How);
    }

    private static async Task<WorkingCopy> Layered(Place place, string id, string name = "copy")
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, Place.NeedsRoot);
        var made = (await place.Store.Materialize(id, place.Copy(name), true, default)).Value!;
        Assert.SkipWhen(made.How == WorkingCopyKind.Copy, "no overlay can be mounted on this file system");
        Assert.Equal(WorkingCopyKind.Overlay, made.How);
        return made;
    }

    /// <summary>Does something in a copy as a process of its run would, and answers all paths that it sees afterwards.</summary>
    private static string Inside(string copy, string script) =>
        Place.Run("unshare", "-m", "sh", "-ec", $"{Mount}; cd \"$1\"; {script}\nfind . -mindepth 1 -printf '%P\\n' | LC_ALL=C sort", "sh", copy).TrimEnd();

    private static string All(Place place, string id, string copy)
    {
        var paths = new List<string>();
        void Walk(string path)
        {
            foreach (var entry in place.Store.ListCopy(id, copy, path).Value!)
            {
                var full = path.Length == 0 ? entry.Name : $"{path}/{entry.Name}";
                paths.Add(full);
                if (entry.Kind == SnapshotEntryKind.Directory)
                    Walk(full);
            }
        }

        Walk("");
        return string.Join('\n', paths.Order(StringComparer.Ordinal));
    }

    private static string Read(Place place, string id, string copy, string path)
    {
        using var reader = new StreamReader(place.Store.OpenCopy(id, copy, path).Value!);
        return reader.ReadToEnd();
    }
}
